// The Json value and the strict parser. nlohmann's SAX parser lexes and checks the grammar, without recursion; the tree
// is built here with a stack of open containers, so that depth, keys and messages with a path are ours.
#include "base/json.h"

#include "base/error.h"
#include "base/printable.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>

namespace touchstone {

std::string_view name_of(Json::Kind kind) {
    switch (kind) {
    case Json::Kind::null:
        return "null";
    case Json::Kind::boolean:
        return "a boolean";
    case Json::Kind::number:
        return "a number";
    case Json::Kind::string:
        return "a string";
    case Json::Kind::array:
        return "an array";
    case Json::Kind::object:
        return "an object";
    }
    return "nothing";
}

namespace {

void expect(Json::Kind expected, Json::Kind found) {
    if (expected == found) return;
    fail(ErrorKind::malformed, fmt::format("expected {}, found {}", name_of(expected), name_of(found)));
}

/// int = [ "-" ] ( "0" / digit1-9 *DIGIT ), RFC 8259 section 6 without fraction and exponent
bool is_integer_syntax(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const bool leading_zero = text.size() > 1 && text.front() == '0';
    return !text.empty() && !leading_zero && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// An iterator over the text that tells how far the lexer has come: SAX events carry no position.
class CountingIterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}
    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        ++at_;
        ++*count_;
        return *this;
    }
    CountingIterator operator++(int) {
        CountingIterator old = *this;
        ++*this;
        return old;
    }
    bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
    bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

private:
    const char* at_;
    std::size_t* count_;
};

/// nlohmann's message without its own prefix ("[json.exception…] parse error at line 1, column 2: ").
std::string_view reason_of(std::string_view message) {
    constexpr std::string_view position = "column ";
    const std::size_t column = message.find(position);
    const std::size_t colon = message.find(": ", column == std::string_view::npos ? 0 : column);
    return colon == std::string_view::npos ? message : message.substr(colon + 2);
}

class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
public:
    TreeBuilder(std::string_view what, const JsonLimits& limits, const std::size_t& position)
        : what_(what), limits_(limits), position_(position) {}

    Json take() { return std::move(root_); }

    bool null() override { return add(Json()); }
    bool boolean(bool value) override { return add(Json::boolean(value)); }
    bool number_integer(number_integer_t value) override {
        // Only text with a '-' comes here, and -0 is the one integer that does not print as it was written.
        return add(Json::number_text(value == 0 ? "-0" : fmt::to_string(value)));
    }
    bool number_unsigned(number_unsigned_t value) override { return add(Json::number_text(fmt::to_string(value))); }
    bool number_float(number_float_t /*value*/, const string_t& text) override { return add(Json::number_text(text)); }
    bool string(string_t& value) override { return add(Json::string(std::move(value))); }
    bool binary(binary_t& /*value*/) override { refuse(ErrorKind::malformed, "binary value"); } // never in JSON text

    bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
    bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        Level& level = levels_.back();
        level.key = name;
        if (!level.folded_keys.insert(fold_case(name)).second) refuse_key(level, name);
        return true;
    }

    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const nlohmann::detail::exception& error) override {
        fail(ErrorKind::malformed, fmt::format("{}: not valid JSON at byte {}, in {}: {}", what_, position, path(),
                                               printable_short(reason_of(error.what()))));
    }

private:
    struct Level {
        Json* container;
        std::string key; // of the member that is being read
        std::set<std::string, std::less<>> folded_keys;
    };

    [[noreturn]] void refuse(ErrorKind kind, std::string_view reason) const {
        fail(kind, fmt::format("{}: at byte {}, in {}: {}", what_, position_, path(), reason));
    }

    [[noreturn]] void refuse_key(const Level& level, const std::string& name) const {
        const std::string folded = fold_case(name);
        for (const Json::Member& member : level.container->members()) {
            if (member.first == name || fold_case(member.first) != folded) continue;
            refuse(ErrorKind::malformed, fmt::format("keys \"{}\" and \"{}\" differ only in case",
                                                     printable_short(member.first), printable_short(name)));
        }
        refuse(ErrorKind::malformed, fmt::format("duplicate key \"{}\"", printable_short(name)));
    }

    /// Puts a value where it belongs and returns its place.
    Json& place(Json value) {
        if (levels_.empty()) return root_ = std::move(value);
        Level& level = levels_.back();
        if (level.container->is(Json::Kind::array)) {
            level.container->push_back(std::move(value));
            return const_cast<Json&>(level.container->items().back()); // NOLINT: the tree is ours until take()
        }
        level.container->set(level.key, std::move(value));
        return const_cast<Json&>(level.container->members().back().second); // NOLINT: likewise
    }

    bool add(Json value) {
        place(std::move(value));
        return true;
    }

    /// A container stays where it is while it is open, because its parent gets no other child before it is closed.
    bool open(Json container) {
        if (levels_.size() >= limits_.depth) {
            refuse(ErrorKind::over_limit, fmt::format("nested deeper than the limit of {} levels", limits_.depth));
        }
        Json& placed = place(std::move(container));
        levels_.push_back(Level{&placed, {}, {}});
        return true;
    }

    bool close() {
        levels_.pop_back();
        return true;
    }

    /// Where the reader is, as a JSON pointer (RFC 6901), printable.
    std::string path() const {
        constexpr std::size_t key_limit = 64; // a message must not repeat a megabyte of key
        if (levels_.empty()) return "the document";
        std::string pointer;
        for (const Level& level : levels_) {
            pointer += '/';
            if (level.container->is(Json::Kind::array)) {
                const bool inside =
                    &level != &levels_.back(); // the open child is the last item; else the next is awaited
                pointer += fmt::to_string(level.container->items().size() - (inside ? 1 : 0));
                continue;
            }
            for (const char c : printable_short(level.key, key_limit)) {
                if (c == '~')
                    pointer += "~0";
                else if (c == '/')
                    pointer += "~1";
                else
                    pointer += c;
            }
        }
        return pointer;
    }

    std::string_view what_;
    JsonLimits limits_;
    const std::size_t& position_;
    Json root_;
    std::vector<Level> levels_;
};

} // namespace

Json Json::boolean(bool value) {
    Json json;
    json.kind_ = Kind::boolean;
    json.boolean_ = value;
    return json;
}

Json Json::number(std::int64_t value) {
    return number_text(fmt::to_string(value));
}

Json Json::number_text(std::string text) {
    Json json;
    json.kind_ = Kind::number;
    json.text_ = std::move(text);
    return json;
}

Json Json::string(std::string value) {
    Json json;
    json.kind_ = Kind::string;
    json.text_ = std::move(value);
    return json;
}

Json Json::array() {
    Json json;
    json.kind_ = Kind::array;
    return json;
}

Json Json::object() {
    Json json;
    json.kind_ = Kind::object;
    return json;
}

bool Json::as_boolean() const {
    expect(Kind::boolean, kind_);
    return boolean_;
}

const std::string& Json::as_string() const {
    expect(Kind::string, kind_);
    return text_;
}

std::int64_t Json::as_integer() const {
    expect(Kind::number, kind_);
    std::int64_t value = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data(), end, value);
    if (!is_integer_syntax(text_) || error != std::errc() || stop != end) {
        fail(ErrorKind::malformed, fmt::format("expected an integer of 64 bits without fraction or exponent, found {}",
                                               printable_short(text_)));
    }
    return value;
}

const std::string& Json::number_text() const {
    expect(Kind::number, kind_);
    return text_;
}

const std::vector<Json>& Json::items() const {
    expect(Kind::array, kind_);
    return items_;
}

const std::vector<Json::Member>& Json::members() const {
    expect(Kind::object, kind_);
    return members_;
}

const Json* Json::find(std::string_view key) const {
    const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.first == key; });
    return found == members_.end() ? nullptr : &found->second;
}

void Json::push_back(Json item) {
    expect(Kind::array, kind_);
    items_.push_back(std::move(item));
}

void Json::set(std::string key, Json value) {
    expect(Kind::object, kind_);
    members_.emplace_back(std::move(key), std::move(value));
}

bool Json::operator==(const Json& other) const {
    if (kind_ != other.kind_ || boolean_ != other.boolean_ || text_ != other.text_) return false;
    if (items_ != other.items_ || members_.size() != other.members_.size()) return false;
    // Sorted views: two big objects cost n log n, whatever the order of their keys.
    const auto sorted = [](const std::vector<Member>& members) {
        std::vector<const Member*> view;
        view.reserve(members.size());
        for (const Member& member : members) view.push_back(&member);
        std::sort(view.begin(), view.end(), [](const Member* a, const Member* b) { return a->first < b->first; });
        return view;
    };
    const std::vector<const Member*> mine = sorted(members_);
    const std::vector<const Member*> theirs = sorted(other.members_);
    return std::equal(mine.begin(), mine.end(), theirs.begin(),
                      [](const Member* a, const Member* b) { return *a == *b; });
}

Json parse_json(std::string_view text, std::string_view what, const JsonLimits& limits) {
    if (text.size() > limits.bytes) {
        fail(ErrorKind::over_limit,
             fmt::format("{}: {} bytes, more than the limit of {}", what, text.size(), limits.bytes));
    }
    // Two leniencies of the lexer that RFC 8259 does not have: it skips a byte order mark, and takes a NUL for the end.
    if (text.starts_with("\xef\xbb\xbf")) {
        fail(ErrorKind::malformed, fmt::format("{}: not valid JSON: starts with a byte order mark", what));
    }
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
        fail(ErrorKind::malformed, fmt::format("{}: not valid JSON at byte {}: a NUL byte", what, nul));
    }
    std::size_t position = 0;
    TreeBuilder builder(what, limits, position);
    const char* const end = text.data() + text.size();
    nlohmann::json::sax_parse(CountingIterator(text.data(), &position), CountingIterator(end, &position), &builder);
    return builder.take();
}

std::string fold_case(std::string_view key) {
    constexpr std::string_view long_s = "\xc5\xbf";          // U+017F
    constexpr std::string_view kelvin_sign = "\xe2\x84\xaa"; // U+212A
    std::string folded;
    folded.reserve(key.size());
    while (!key.empty()) {
        const char c = key.front();
        std::size_t taken = 1;
        if (c >= 'A' && c <= 'Z') {
            folded += static_cast<char>(c - 'A' + 'a');
        } else if (key.starts_with(long_s)) {
            folded += 's';
            taken = long_s.size();
        } else if (key.starts_with(kelvin_sign)) {
            folded += 'k';
            taken = kelvin_sign.size();
        } else {
            folded += c;
        }
        key.remove_prefix(taken);
    }
    return folded;
}

} // namespace touchstone
