// A scanner over a text that parse_json has accepted. It still checks each step, so that a slip here can only lead to
// "not JSON" and never out of bounds.
#include "diff/explain/document_json_tree.h"

#include "base/error.h"

namespace touchstone {

namespace {

constexpr unsigned depth_limit = 64; ///< of parse_json, too

class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool document(JsonPlace& root) {
        root.start = 0;
        skip_blanks();
        root.key_start = root.key_end = at_;
        if (!value(root, 0)) return false;
        skip_blanks();
        root.end = at_;
        return at_ == text_.size();
    }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (peek() != c || at_ >= text_.size()) return false;
        ++at_;
        return true;
    }
    void skip_blanks() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }

    bool string() {
        if (!take('"')) return false;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '"') return true;
            if (c == '\\') ++at_;
        }
        return false;
    }

    bool scalar(JsonPlace& place) {
        const char first = peek();
        while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
        place.kind = first == 'n'                   ? Json::Kind::null
                     : first == 't' || first == 'f' ? Json::Kind::boolean
                                                    : Json::Kind::number;
        return at_ > place.value_start;
    }

    bool value(JsonPlace& place, unsigned depth) {
        place.value_start = at_;
        bool good = false;
        if (peek() == '{' || peek() == '[') {
            good = depth < depth_limit && container(place, depth);
        } else if (peek() == '"') {
            place.kind = Json::Kind::string;
            good = string();
        } else {
            good = scalar(place);
        }
        place.value_end = at_;
        return good;
    }

    bool container(JsonPlace& place, unsigned depth) {
        place.kind = peek() == '{' ? Json::Kind::object : Json::Kind::array;
        const char close = peek() == '{' ? '}' : ']';
        ++at_;
        const std::uint32_t inside = at_;
        skip_blanks();
        if (take(close)) return true; // the blanks inside are the rest of value(), compared with it
        at_ = inside;
        do {
            JsonPlace item;
            if (!member(item, place.kind == Json::Kind::object, depth)) return false;
            place.items.push_back(std::move(item));
        } while (take(','));
        return take(close);
    }

    bool member(JsonPlace& item, bool with_key, unsigned depth) {
        item.start = at_;
        skip_blanks();
        item.key_start = item.key_end = at_;
        if (with_key) {
            if (!string()) return false;
            item.key_end = at_;
            skip_blanks();
            if (!take(':')) return false;
            skip_blanks();
        }
        if (!value(item, depth + 1)) return false;
        skip_blanks();
        item.end = at_;
        return true;
    }

    std::string_view text_;
    std::uint32_t at_ = 0;
};

bool is_json(std::string_view text) {
    try {
        parse_json(text, "JSON", {json_text_limit, depth_limit});
        return true;
    } catch (const Error&) {
        return false;
    }
}

} // namespace

std::optional<JsonPlace> json_places(std::string_view text) {
    if (text.size() > json_text_limit || !is_json(text)) return std::nullopt;
    JsonPlace root;
    if (!Scanner(text).document(root)) return std::nullopt;
    return root;
}

} // namespace touchstone
