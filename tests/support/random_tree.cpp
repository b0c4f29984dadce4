#include "tests/support/random_tree.h"

#include <fmt/format.h>

#include <algorithm>

namespace touchstone::test {

namespace {

std::size_t below(std::mt19937& random, std::size_t limit) {
    return random() % limit;
}

std::string random_body(std::mt19937& random) {
    std::string body(below(random, 1500), '\0');
    for (char& c : body) c = static_cast<char>(random());
    return body;
}

} // namespace

std::vector<Member> random_members(std::mt19937& random, std::size_t count) {
    std::vector<Member> members;
    std::vector<std::string> directories{""};
    std::vector<std::string> files;
    for (std::size_t i = 0; i < count; ++i) {
        Member member;
        member.name =
            fmt::format("{}{}{}", directories[below(random, directories.size())], "abc.-"[below(random, 5)], i);
        member.mode = static_cast<std::uint32_t>(random() & 07777U);
        member.uid = below(random, 3);
        member.gid = below(random, 3);
        member.mtime = static_cast<std::int64_t>(below(random, 2'000'000'000));
        switch (below(random, 8)) {
        case 0:
            member.name += '/';
            member.type = '5';
            directories.push_back(member.name);
            break;
        case 1:
            member.type = '2';
            member.link = fmt::format("../target{}", below(random, 9));
            break;
        case 2:
            if (!files.empty()) {
                member.type = '1';
                member.link = files[below(random, files.size())];
                const auto target = std::find_if(members.begin(), members.end(),
                                                 [&](const Member& m) { return m.name == member.link; });
                member.mode = target->mode;
                member.uid = target->uid;
                member.gid = target->gid;
                member.mtime = target->mtime;
                break;
            }
            [[fallthrough]];
        case 3:
            member.type = '6';
            break;
        case 4:
            member.type = '3';
            member.dev_major = 1;
            member.dev_minor = static_cast<std::uint32_t>(below(random, 9));
            break;
        default:
            member.body = random_body(random);
            if (below(random, 6) == 0) member.pax = {{"SCHILY.xattr.user.x", fmt::format("{}", random())}};
            files.push_back(member.name);
        }
        members.push_back(std::move(member));
    }
    return members;
}

std::vector<Member> re_encoded(const std::vector<Member>& members, std::mt19937& random) {
    std::vector<Member> result = members;
    // Members that depend on an earlier one (children, links) stay behind it when only neighbours that do not depend on
    // each other are swapped.
    const auto depends = [](const Member& later, const Member& earlier) {
        return later.name.starts_with(earlier.name) || later.link == earlier.name;
    };
    for (std::size_t round = 0; round < members.size() * 2 && result.size() > 1; ++round) {
        const std::size_t i = below(random, result.size() - 1);
        if (!depends(result[i + 1], result[i])) std::swap(result[i], result[i + 1]);
    }
    const bool gnu = below(random, 2) == 0;
    for (Member& member : result) {
        member.uname = "builder";
        if (gnu && member.pax.empty()) member.magic = gnu_magic;
        member.mtime += member.type == '1' ? 0 : 1;
        if (below(random, 2) == 0) member.name = "./" + member.name;
    }
    return result;
}

void mutate(std::vector<Member>& members, std::mt19937& random) {
    Member& member = members[below(random, members.size())];
    switch (below(random, 4)) {
    case 0:
        member.uid += 7;
        break;
    case 1:
        member.gid += 7;
        break;
    case 2:
        if (std::any_of(members.begin(), members.end(),
                        [&](const Member& m) { return "./" + m.link == member.name || m.link == member.name; })) {
            member.uid += 7; // a link target keeps its name
        } else {
            member.name = member.type == '5' ? "renamed-" + member.name : member.name + "-renamed";
        }
        break;
    default:
        if (member.type == '2') {
            member.link += "x";
        } else {
            member.mode ^= 04000U;
        }
    }
}

std::string tar_of(const std::vector<Member>& members) {
    TarBuilder builder;
    for (const Member& member : members) builder.add(member);
    return builder.finish();
}

} // namespace touchstone::test
