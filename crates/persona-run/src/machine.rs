//! Features of this machine: processor, memory, disk.

use std::path::Path;

use sysinfo::{Disks, System};

/// Names of the vector instructions that the inference kernels can choose from.
pub fn cpu_features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let candidates = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512bw", is_x86_feature_detected!("avx512bw")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
    ];
    #[cfg(target_arch = "aarch64")]
    let candidates = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        (
            "dotprod",
            std::arch::is_aarch64_feature_detected!("dotprod"),
        ),
        ("i8mm", std::arch::is_aarch64_feature_detected!("i8mm")),
    ];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let candidates: [(&str, bool); 0] = [];
    candidates
        .into_iter()
        .filter_map(|(name, present)| present.then_some(name))
        .collect()
}

/// Threads that can run at once, as far as this process may use them.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Memory of this machine, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Total memory, or the limit of the container.
    pub total: u64,
    /// Bytes that are free for new work.
    pub available: u64,
}

/// Reads the memory of this machine, or of the container where that is less.
pub fn memory() -> Memory {
    let mut system = System::new();
    system.refresh_memory();
    let limits = system.cgroup_limits();
    let bounded = |value: u64, limit: Option<u64>| limit.map_or(value, |limit| value.min(limit));
    Memory {
        total: bounded(
            system.total_memory(),
            limits.as_ref().map(|limits| limits.total_memory),
        ),
        available: bounded(
            system.available_memory(),
            limits.as_ref().map(|limits| limits.free_memory),
        ),
    }
}

/// Free bytes on the disk that holds `path`, or would hold it; `None` where the system does not say.
pub fn disk_free(path: &Path) -> Option<u64> {
    let existing = std::path::absolute(path).ok()?;
    let existing = existing
        .ancestors()
        .find_map(|folder| folder.canonicalize().ok())?;
    Disks::new_with_refreshed_list()
        .iter()
        .filter(|disk| existing.starts_with(disk.mount_point()))
        .max_by_key(|disk| disk.mount_point().components().count())
        .map(sysinfo::Disk::available_space)
}

/// Peak memory of this process, in bytes; `None` where the system does not say.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
