// Ctrl-C and its like end the work as an error does: by unwinding, so that temporary files and half-built directories
// are removed. Whoever reads or writes a file asks; nothing else needs to.
#pragma once

namespace touchstone {

/// From now on SIGINT, SIGTERM and SIGHUP (unless it is ignored, as under nohup) are noted instead of ending the
/// process. The second of the same kind ends it at once. A file size limit becomes an error, and ends of children are
/// known. For main() only.
void note_interrupts();

/// The number of the signal that came; 0 when none did.
int interrupting_signal();

/// Throws Error(interrupted) after a signal. May be called from any thread.
void stop_if_interrupted();

} // namespace touchstone
