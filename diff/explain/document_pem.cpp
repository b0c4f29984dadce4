// PEM files as a set of blocks. A file is records: the text before a block, the block, and at the end the text after
// the last one; they add up to all of it. Blocks are matched by what they hold. Of a matched pair the text before it
// and the spelling of the block itself are compared; what is left is paired by name or is there on one side only;
// another order is a difference of its own. So two files without a difference are equal byte by byte.
#include "diff/explain/document_certificate.h"
#include "diff/explain/document_records.h"
#include "diff/explain/documents.h"

#include "diff/explain/detect_subject.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace touchstone {

namespace {

constexpr std::size_t block_limit = 100'000; ///< the largest bundles have some hundred
constexpr std::string_view certificate_label = "CERTIFICATE";

struct Block {
    std::string label;
    std::string der;
    Span before; ///< text in front of it
    Span span;   ///< from "-----BEGIN" to the line end behind "-----END …-----"
    Span base64; ///< the lines between
};

struct PemFile {
    std::vector<Block> blocks;
    Span after;
};

/// RFC 4648 with padding, line ends and blanks skipped; empty where it is not that.
std::string decode_base64(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    std::size_t digits = 0;
    std::size_t padding = 0;
    for (const char c : text) {
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        const std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos || padding > 0) return {};
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        const std::size_t ready = ++digits % 4; // after 2, 3 and 4 digits one more byte is complete
        if (ready == 2) bytes += static_cast<char>(bits >> 4U & 0xFFU);
        if (ready == 3) bytes += static_cast<char>(bits >> 2U & 0xFFU);
        if (ready == 0) bytes += static_cast<char>(bits & 0xFFU);
    }
    const bool whole = (digits + padding) % 4 == 0 && padding <= 2;
    // Bits behind the last byte must be zero, or two spellings would be one certificate.
    const bool clean = digits % 4 == 0 || (digits % 4 == 2 ? bits & 0xFU : bits & 0x3U) == 0;
    return whole && clean && digits % 4 != 1 ? bytes : std::string();
}

std::optional<std::string> label_of(std::string_view line, std::string_view marker) {
    line = without_end(line);
    if (!line.starts_with(marker) || !line.ends_with("-----") || line.size() <= marker.size() + 5) return std::nullopt;
    return std::string(line.substr(marker.size(), line.size() - marker.size() - 5));
}

std::optional<PemFile> read_pem(ByteView bytes, const ExplainLimits& limits) {
    const auto lines = lines_of(bytes, limits);
    if (!lines) return std::nullopt;
    PemFile file;
    std::uint64_t free_from = 0; // where the text before the next block starts
    std::optional<Block> open;
    for (const Span& span : *lines) {
        const std::string_view line = as_text(bytes).substr(span.offset, span.size);
        if (!open) {
            const auto label = label_of(line, "-----BEGIN ");
            if (!label) continue;
            open = Block{*label, {}, {free_from, span.offset - free_from}, {span.offset, 0}, {span.end(), 0}};
        } else if (line.starts_with("-----")) {
            if (label_of(line, "-----END ") != open->label || file.blocks.size() == block_limit) return std::nullopt;
            open->base64.size = span.offset - open->base64.offset;
            open->span.size = span.end() - open->span.offset;
            open->der = decode_base64(as_text(bytes).substr(open->base64.offset, open->base64.size));
            if (open->der.empty()) return std::nullopt; // encrypted in the old way, or an OpenPGP armour
            free_from = span.end();
            file.blocks.push_back(std::move(*open));
            open.reset();
        }
    }
    if (open || file.blocks.empty()) return std::nullopt;
    file.after = {free_from, bytes.size() - free_from};
    return file;
}

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

/// Pairs blocks of the same name that have no partner yet, the first with the first.
template <typename Name>
void pair_by(const std::array<PemFile, 2>& files, std::array<std::vector<bool>, 2>& done, Name name, Pairs& out) {
    std::map<std::string, std::vector<std::size_t>> waiting;
    for (std::size_t i = files[0].blocks.size(); i-- > 0;) {
        if (!done[0][i]) waiting[name(files[0].blocks[i])].push_back(i);
    }
    for (std::size_t j = 0; j < files[1].blocks.size(); ++j) {
        if (done[1][j]) continue;
        const auto found = waiting.find(name(files[1].blocks[j]));
        if (found == waiting.end() || found->second.empty()) continue;
        out.emplace_back(found->second.back(), j);
        done[0][found->second.back()] = done[1][j] = true;
        found->second.pop_back();
    }
}

std::string describe(const Block& block) {
    if (block.label == certificate_label) {
        const CertificateInfo info = certificate_info(as_bytes(block.der), false);
        if (info.valid) return "certificate " + info.description;
    }
    return printable_short(block.label, 60);
}

/// A store of trusted roots is searched by name; a server's chain starts with the server's own certificate.
bool is_trust_store(const Subject& subject, const std::array<PemFile, 2>& files) {
    const std::string_view path = plain_path(subject.name);
    const auto all_are = [&](auto holds) {
        return std::all_of(files.begin(), files.end(), [&](const PemFile& file) {
            return std::all_of(file.blocks.begin(), file.blocks.end(), holds);
        });
    };
    if (!all_are([](const Block& block) { return block.label == certificate_label; })) return false;
    if (path.ends_with("etc/ssl/certs/ca-certificates.crt") ||
        path.find("etc/pki/ca-trust/extracted/") != std::string_view::npos) {
        return true;
    }
    return all_are([](const Block& block) { return certificate_info(as_bytes(block.der), false).self_issued; });
}

class PemComparer {
public:
    PemComparer(Splitter& out, Analyzer& analyzer, Part& part, const std::array<PemFile, 2>& files)
        : out_(out), analyzer_(analyzer), part_(part), files_(files) {}

    void compare() {
        std::array<std::vector<bool>, 2> done{std::vector<bool>(files_[0].blocks.size()),
                                              std::vector<bool>(files_[1].blocks.size())};
        Pairs same;
        pair_by(
            files_, done, [](const Block& b) { return b.label + '\n' + b.der; }, same);
        Pairs changed;
        pair_by(
            files_, done, [](const Block& b) { return b.label + '\n' + subject_of(b); }, changed);
        for (const auto& [i, j] : same) spelling(i, j);
        for (const auto& [i, j] : changed) {
            content(files_[0].blocks[i], files_[1].blocks[j]);
            spelling_around(i, j);
        }
        for (std::size_t side : {0U, 1U}) {
            for (std::size_t i = 0; i < done.at(side).size(); ++i) {
                if (!done.at(side)[i]) only(side, files_.at(side).blocks[i]);
            }
        }
        order(same, changed);
        out_.compare("text after the last block", {files_[0].after, files_[1].after});
    }

private:
    static std::string subject_of(const Block& block) {
        return block.label == certificate_label ? certificate_info(as_bytes(block.der), false).subject : std::string();
    }

    /// The same content: its base64 may still be wrapped in another way.
    void spelling(std::size_t i, std::size_t j) {
        const Block& a = files_[0].blocks[i];
        const Block& b = files_[1].blocks[j];
        const SpanPair spans{a.base64, b.base64};
        if (!out_.equal(spans)) out_.differ("spelling of " + describe(a), spans);
        spelling_around(i, j);
    }

    void spelling_around(std::size_t i, std::size_t j) {
        const Block& a = files_[0].blocks[i];
        const Block& b = files_[1].blocks[j];
        out_.compare(fmt::format("text before block {}", i + 1), {a.before, b.before});
        const auto head = [](const Block& block) {
            return Span{block.span.offset, block.base64.offset - block.span.offset};
        };
        const auto foot = [](const Block& block) {
            return Span{block.base64.end(), block.span.end() - block.base64.end()};
        };
        out_.differ(fmt::format("line end in block {}", i + 1), {head(a), head(b)});
        out_.differ(fmt::format("line end after block {}", i + 1), {foot(a), foot(b)});
    }

    void content(const Block& a, const Block& b) {
        const std::string name = describe(a);
        const SpanPair spans{a.base64, b.base64};
        if (is_private_key(a.label, as_bytes(a.der)) && is_private_key(b.label, as_bytes(b.der))) {
            return out_.differ(name, spans, CauseId::key_material, "two private keys, made when the images were built");
        }
        const bool certificates = a.label == certificate_label && !subject_of(a).empty();
        if (!certificates || part_.parts.size() >= document_children) return out_.differ(name, spans);
        // The child accounts for the decoded bytes; the base64 must say the same in the same lines.
        part_.parts.push_back(analyzer_.child(out_.subject(), name, {as_bytes(a.der), as_bytes(b.der)}));
        const bool same_layout = a.der.size() == b.der.size() ? skeleton(0, a.base64) == skeleton(1, b.base64)
                                                              : is_wrapped(0, a.base64) && is_wrapped(1, b.base64);
        if (!same_layout) out_.differ("line lengths of " + name, spans);
    }

    /// What is not base64: with the decoded bytes it makes up the text.
    std::string skeleton(std::size_t side, const Span& base64) const {
        std::string text(out_.text(side, base64));
        std::replace_if(
            text.begin(), text.end(),
            [](char c) { return c != '\n' && c != '\r' && c != ' ' && c != '\t' && c != '='; }, 'x');
        return text;
    }

    /// Every line has 64 characters but the last, and there are no blanks: as OpenSSL writes it.
    bool is_wrapped(std::size_t side, const Span& base64) const {
        constexpr std::size_t width = 64;
        const std::string_view text = out_.text(side, base64);
        if (text.find_first_of(" \t\r") != std::string_view::npos || !text.ends_with('\n')) return false;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = text.find('\n', at) - at;
            const bool last = at + length + 1 == text.size();
            if (length == 0 || length > width || (!last && length != width)) return false;
            at += length + 1;
        }
        return true;
    }

    void only(std::size_t side, const Block& block) {
        Difference difference;
        difference.where = describe(block);
        difference.spans.at(side) = {block.before.offset, block.span.end() - block.before.offset};
        difference.values.at(side) = describe(block);
        out_.add(std::move(difference));
    }

    void order(const Pairs& same, const Pairs& changed) {
        Pairs all = same;
        all.insert(all.end(), changed.begin(), changed.end());
        const Matched matched = match_order(std::move(all));
        if (matched.moved.empty()) return;
        std::array<std::vector<KeyedRecord>, 2> records;
        for (std::size_t side : {0U, 1U}) {
            for (const Block& block : files_.at(side).blocks) {
                records.at(side).push_back({"", {block.before.offset, block.span.end() - block.before.offset}});
            }
        }
        const bool store = is_trust_store(out_.subject(), files_);
        out_.order("order of blocks", moved_range(matched, records[0], records[1]),
                   store ? std::optional(CauseId::record_order) : std::nullopt,
                   store ? "a store of roots is searched by name" : "a chain goes by its order");
    }

    Splitter& out_;
    Analyzer& analyzer_;
    Part& part_;
    const std::array<PemFile, 2>& files_;
};

} // namespace

bool recognizes_pem(std::string_view name, ByteView bytes) {
    constexpr std::array<std::string_view, 7> suffixes{".pem", ".crt", ".cer", ".cert", ".key", ".csr", ".0"};
    const std::string_view text = as_text(bytes);
    if (text.starts_with("-----BEGIN ")) return true;
    const bool named =
        std::any_of(suffixes.begin(), suffixes.end(), [&](auto suffix) { return name.ends_with(suffix); });
    return named && text.find("\n-----BEGIN ") != std::string_view::npos;
}

bool analyze_pem(const Subject& subject, Analyzer& analyzer, Part& part) {
    auto published = read_pem(subject.bytes[0], analyzer.limits());
    auto rebuilt = read_pem(subject.bytes[1], analyzer.limits());
    if (!published || !rebuilt) return false;
    const std::array<PemFile, 2> files{std::move(*published), std::move(*rebuilt)};
    Splitter out(subject, analyzer, part);
    PemComparer(out, analyzer, part, files).compare();
    return true;
}

} // namespace touchstone
