// Files, opened so that hostile directories cannot hurt: below a directory handle, never through a symlink, only
// regular files, never blocking on a FIFO. And outputs that appear whole, by rename. No name from inside an image gets
// here; the relative paths are built from parsed digests and fixed names.
#pragma once

#include "base/bytes.h"
#include "base/sink.h"
#include "base/source.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace touchstone {

/// A file descriptor that closes itself. Move only.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    ~Fd() { reset(); }
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    int release() noexcept;
    void reset() noexcept;

private:
    int fd_ = -1;
};

/// An open regular file, read by offset. Immutable, so any number of threads may read it at once.
class File {
public:
    File(Fd fd, std::uint64_t size, std::string name) : fd_(std::move(fd)), size_(size), name_(std::move(name)) {}
    std::uint64_t size() const { return size_; }
    /// How messages call it; printable.
    const std::string& name() const { return name_; }
    /// Reads up to buffer.size() bytes at `offset`; 0 at or past the end. Throws unreadable.
    std::size_t read_at(std::uint64_t offset, ByteSpan buffer) const;
    /// Tells the kernel that this part will be read soon. Costs a system call, changes nothing else.
    void will_need(std::uint64_t offset, std::uint64_t length) const;
    /// For system calls that read by offset.
    int descriptor() const { return fd_.get(); }
    /// Makes an unnamed file last under a new name, without copying it. False where that cannot be done: on another
    /// file system, or without /proc. Throws unreadable when the name is taken.
    bool link_as(const std::string& path) const;

private:
    Fd fd_;
    std::uint64_t size_; // bytes, when it was opened
    std::string name_;
};

/// Copies a whole file. Throws unreadable when it became shorter.
void copy_file(const File& file, ByteSink& out);

/// Opens a path that the *user* named. Follows symlinks (the user's choice), but refuses anything that is not a regular
/// file, by name ("is a directory", "is a FIFO"), without blocking.
std::shared_ptr<const File> open_file(const std::string& path);

/// A directory handle; files are opened below it without following any link.
class Directory {
public:
    explicit Directory(const std::string& path); ///< the user's path; throws unreadable
    /// Opens `relative` ("blobs/sha256/<hex>"); no component may be a symlink, "." or ".."; the last must be a regular
    /// file.
    std::shared_ptr<const File> open(std::string_view relative) const;
    /// True when open() would find something there (of any type). Throws only on real trouble.
    bool has(std::string_view relative) const;
    const std::string& path() const { return path_; }

private:
    Fd fd_;
    std::string path_;
};

/// A stretch of a file as a stream.
class FileRange final : public ByteSource {
public:
    /// Throws malformed when offset + length passes 2^64: no file is that long.
    FileRange(std::shared_ptr<const File> file, std::uint64_t offset, std::uint64_t length);
    /// Throws malformed when the file ends before the range does.
    std::size_t read(ByteSpan buffer) override;
    std::uint64_t skip(std::uint64_t count) override; ///< moves on without reading

private:
    /// The kernel reads ahead by itself, but less than a slow disk needs while a block is inflated.
    void ask_ahead();

    std::shared_ptr<const File> file_;
    std::uint64_t offset_;
    std::uint64_t end_;
    std::uint64_t asked_ = 0; ///< up to here the kernel knows
};

/// An unnamed temporary file (O_TMPFILE) that is written from front to back, then read by offset.
class SpoolFile final : public ByteSink {
public:
    /// `name` is how messages call it; printable. In `directory`, or when that is empty in $TMPDIR, else /tmp; what is
    /// meant to get a name there is made in its directory. Throws unreadable.
    explicit SpoolFile(std::string name, const std::string& directory = {});
    using ByteSink::write;
    /// Throws unreadable (disk full).
    void write(ByteView bytes) override;
    std::uint64_t size() const { return size_; }
    /// What was written, for reading; nothing can be appended afterwards.
    std::shared_ptr<const File> finish();

private:
    std::string directory_;
    Fd fd_;
    std::string name_;
    bool to_last_;
    std::uint64_t size_ = 0;
    std::uint64_t on_its_way_ = 0; ///< bytes that the kernel was told to write to the disk
};

/// Copies a stream into a SpoolFile and opens that for reading. Throws over_limit past `limit` bytes.
std::shared_ptr<const File> spool(ByteSource& source, std::uint64_t limit, std::string name);

/// Standard input (or any descriptor that cannot seek) as a stream; does not own the descriptor.
class DescriptorSource final : public ByteSource {
public:
    explicit DescriptorSource(int fd) : fd_(fd) {}
    std::size_t read(ByteSpan buffer) override;

private:
    int fd_;
};

/// A file that is written from front to back, and appears whole or not at all (temporary file beside it, fsync,
/// rename). Without commit() nothing is left behind.
class WholeFile final : public ByteSink {
public:
    /// Throws unreadable when `path` exists (unless `overwrite`), is no regular file, or cannot be made.
    WholeFile(const std::string& path, bool overwrite);
    ~WholeFile() override;
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;
    using ByteSink::write;
    void write(ByteView bytes) override;
    /// Appends all of `file`; the kernel copies where it can (copy_file_range), which on some file systems costs
    /// nothing.
    void write_file(const File& file);
    /// Where the bytes are until commit(), to be read back.
    const std::string& temporary_path() const;
    void commit();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Writes `content` to `path` so that it appears whole or not at all (temporary file beside it, fsync, rename).
/// An existing file is replaced only when `overwrite`; otherwise unreadable, "exists". "-" is not special here.
void write_file_whole(const std::string& path, std::string_view content, bool overwrite);

} // namespace touchstone
