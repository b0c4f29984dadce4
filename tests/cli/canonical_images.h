// One image in every wrapping that must not matter, and one that is another image.
#pragma once

#include "tests/support/image_builder.h"
#include "tests/support/tar_builder.h"
#include "tests/support/temp_dir.h"

#include <string>
#include <vector>

namespace touchstone::test {

/// The same files: as ustar in one order, or with GNU magic, times, owner names and "./" in another.
inline std::vector<std::string> layers_in(bool other_dialect) {
    if (!other_dialect) {
        Member link; // its header says what its target's does: where the two differ, readers do (hardlink-meta-differs)
        link.name = "bin/link";
        link.type = '1';
        link.mode = 04755;
        link.link = "bin/app";
        return {TarBuilder().dir("etc/").file("etc/os-release", "ID=test\n").finish(),
                TarBuilder()
                    .dir("bin/")
                    .file("bin/app", "program", 04755)
                    .add(link)
                    .whiteout("etc/.wh.os-release")
                    .finish()};
    }
    const auto gnu = [](std::string name, std::string body, char type, std::uint32_t mode) {
        Member member;
        member.name = std::move(name);
        member.body = std::move(body);
        member.type = type;
        member.mode = mode;
        member.mtime = 1700000000;
        member.uname = "builder";
        member.magic = gnu_magic;
        return member;
    };
    Member link = gnu("./bin/link", "", '1', 04755);
    link.link = "./bin/app";
    return {
        TarBuilder().add(gnu("./etc/", "", '5', 0755)).add(gnu("./etc/os-release", "ID=test\n", '0', 0644)).finish(20),
        TarBuilder()
            .add(gnu("./etc/.wh.os-release", "", '0', 0600))
            .add(gnu("./bin/", "", '5', 0755))
            .add(gnu("./bin/app", "program", '0', 04755))
            .add(link)
            .finish()};
}

inline ImageSpec canonical_spec(LayerCompression compression, bool other_dialect = false) {
    ImageSpec spec;
    spec.layer_tars = layers_in(other_dialect);
    spec.created_by = {"COPY base /", "RUN make install"};
    spec.compression = {compression};
    spec.config_patch = R"({"config":{"Env":["PATH=/bin"],"Labels":{"b":"1","a":"2"}}})";
    spec.ref = "app:1";
    return spec;
}

struct Wrappings {
    TempDir dir;
    std::vector<std::string> same;
    std::string other;
    Wrappings() {
        same = {"oci:" + (dir / "gzip"), "oci:" + (dir / "zstd"), "oci-archive:" + (dir / "plain.tar"),
                "docker-archive:" + (dir / "docker.tar"), "oci:" + (dir / "dialect")};
        write_oci_layout(dir / "gzip", canonical_spec(LayerCompression::gzip));
        write_oci_layout(dir / "zstd", canonical_spec(LayerCompression::zstd));
        write_oci_archive(dir / "plain.tar", canonical_spec(LayerCompression::none));
        write_docker_archive(dir / "docker.tar", canonical_spec(LayerCompression::none), DockerForm::podman);
        write_oci_layout(dir / "dialect", canonical_spec(LayerCompression::gzip, true));
        ImageSpec changed = canonical_spec(LayerCompression::gzip);
        changed.layer_tars[1] = TarBuilder().dir("bin/").file("bin/app", "PROGRAM", 04755).finish();
        other = "oci:" + (dir / "other");
        write_oci_layout(dir / "other", changed);
    }
};

/// The lines of `text` without what follows the first blank.
inline std::string ids_of(const std::string& text) {
    std::string ids;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
        ids += text.substr(at, text.find(' ', at) - at) + "\n";
    return ids;
}

} // namespace touchstone::test
