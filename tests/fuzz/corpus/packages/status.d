Package: base
Version: 1
