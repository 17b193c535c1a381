//! Architectures as profiles name them.

use libseccomp::ScmpArch;

use crate::model::name_in;
use crate::{Abi, Format};

/// `SCMP_ARCH_*` as libseccomp knows them.
pub(crate) const ARCHITECTURES: [(&str, ScmpArch); 24] = [
    ("SCMP_ARCH_X86_64", ScmpArch::X8664),
    ("SCMP_ARCH_X86", ScmpArch::X86),
    ("SCMP_ARCH_X32", ScmpArch::X32),
    ("SCMP_ARCH_AARCH64", ScmpArch::Aarch64),
    ("SCMP_ARCH_ARM", ScmpArch::Arm),
    ("SCMP_ARCH_LOONGARCH64", ScmpArch::Loongarch64),
    ("SCMP_ARCH_M68K", ScmpArch::M68k),
    ("SCMP_ARCH_MIPS", ScmpArch::Mips),
    ("SCMP_ARCH_MIPS64", ScmpArch::Mips64),
    ("SCMP_ARCH_MIPS64N32", ScmpArch::Mips64N32),
    ("SCMP_ARCH_MIPSEL", ScmpArch::Mipsel),
    ("SCMP_ARCH_MIPSEL64", ScmpArch::Mipsel64),
    ("SCMP_ARCH_MIPSEL64N32", ScmpArch::Mipsel64N32),
    ("SCMP_ARCH_PPC", ScmpArch::Ppc),
    ("SCMP_ARCH_PPC64", ScmpArch::Ppc64),
    ("SCMP_ARCH_PPC64LE", ScmpArch::Ppc64Le),
    ("SCMP_ARCH_S390", ScmpArch::S390),
    ("SCMP_ARCH_S390X", ScmpArch::S390X),
    ("SCMP_ARCH_PARISC", ScmpArch::Parisc),
    ("SCMP_ARCH_PARISC64", ScmpArch::Parisc64),
    ("SCMP_ARCH_RISCV64", ScmpArch::Riscv64),
    ("SCMP_ARCH_SHEB", ScmpArch::Sheb),
    ("SCMP_ARCH_SH", ScmpArch::Sh),
    ("SCMP_ARCH_NATIVE", ScmpArch::Native),
];

/// What `includes.arches` and `excludes.arches` may hold: the names of libseccomp-golang, which containers/common
/// compares with, and those of moby's own table (`seccomp/seccomp_linux.go` of moby/profiles) that differ.
pub(crate) const GO_NAMES: [&str; 26] = [
    "amd64",
    "x86",
    "x32",
    "arm64",
    "arm",
    "loong64",
    "loongarch64",
    "m68k",
    "mips",
    "mips64",
    "mips64n32",
    "mipsel",
    "mipsle",
    "mipsel64",
    "mipsel64n32",
    "mips3l64n32",
    "ppc",
    "ppc64",
    "ppc64le",
    "s390",
    "s390x",
    "parisc",
    "parisc64",
    "riscv64",
    "sheb",
    "sh",
];

/// The name in JSON.
pub(crate) fn architecture_name(architecture: ScmpArch) -> &'static str {
    name_in(&ARCHITECTURES, architecture)
}

/// The host's name in `includes.arches` and `excludes.arches`, the same in both engines.
pub(crate) const fn go_name(abi: Abi) -> &'static str {
    match abi {
        Abi::X86_64 => "amd64",
        Abi::I386 => "x86",
        Abi::X32 => "x32",
        Abi::Aarch64 => "arm64",
        Abi::Arm => "arm",
    }
}

/// Whether the engine looks for its host in `archMap` at all; elsewhere the filter has the host's own ABI alone.
pub(crate) const fn reads_architecture_map(format: Format, abi: Abi) -> bool {
    match format {
        Format::Oci => false,
        Format::Docker => !matches!(abi, Abi::X32),
        Format::ContainersCommon => matches!(abi, Abi::X86_64 | Abi::Aarch64),
    }
}
