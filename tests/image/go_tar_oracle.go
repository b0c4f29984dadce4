// Prints what Go's archive/tar yields for tar files, one JSON line a header with the SHA-256 of its content, in the form of
// tar_dump.cpp; {"error":…} where it refuses. This is the oracle of the differential test: Docker, containerd, Podman and
// BuildKit read layers with this package.
package main

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

type line struct {
	Name   string            `json:"name"`
	Link   string            `json:"link"`
	Type   string            `json:"type"`
	Size   int64             `json:"size"`
	Mode   int64             `json:"mode"`
	Uid    int               `json:"uid"`
	Gid    int               `json:"gid"`
	Uname  string            `json:"uname"`
	Gname  string            `json:"gname"`
	Mtime  [2]int64          `json:"mtime"`
	Major  int64             `json:"major"`
	Minor  int64             `json:"minor"`
	Sha256 string            `json:"sha256"`
	Xattrs map[string]string `json:"xattrs"`
}

func asHex(text string) string { return hex.EncodeToString([]byte(text)) }

var typeNames = map[byte]string{
	'0': "file", 'S': "file", '1': "hardlink", '2': "symlink", '3': "char", '4': "block", '5': "dir", '6': "fifo", 'g': "global",
}

func nameOf(flag byte) string {
	if name, known := typeNames[flag]; known {
		return name
	}
	return fmt.Sprintf("unknown %02x", flag)
}

func dump(path string, print func(interface{})) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	// A reader that cannot seek: layers come through a decompressor.
	reader := tar.NewReader(bufio.NewReader(struct{ io.Reader }{file}))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Size > 1<<30 {
			return fmt.Errorf("oracle: too big to hash")
		}
		hash := sha256.New()
		if _, err := io.Copy(hash, reader); err != nil {
			return err
		}
		one := line{
			Name: asHex(header.Name), Link: asHex(header.Linkname), Type: nameOf(header.Typeflag), Size: header.Size,
			Mode: header.Mode, Uid: header.Uid, Gid: header.Gid, Uname: asHex(header.Uname), Gname: asHex(header.Gname),
			Mtime: [2]int64{header.ModTime.Unix(), int64(header.ModTime.Nanosecond())},
			Major: header.Devmajor, Minor: header.Devminor, Xattrs: map[string]string{},
		}
		if one.Type == "file" {
			one.Sha256 = hex.EncodeToString(hash.Sum(nil))
		}
		for key, value := range header.PAXRecords {
			if strings.HasPrefix(key, "SCHILY.xattr.") {
				one.Xattrs[asHex(strings.TrimPrefix(key, "SCHILY.xattr."))] = asHex(value)
			}
		}
		print(one)
	}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	print := func(value interface{}) {
		text, _ := json.Marshal(value)
		out.Write(append(text, '\n'))
	}
	for _, path := range os.Args[1:] {
		print(map[string]string{"file": asHex(path)})
		if err := dump(path, print); err != nil {
			print(map[string]string{"error": asHex(err.Error())})
		}
	}
}
