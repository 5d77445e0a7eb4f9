//! What does the process itself use? Told under the names that every exporter has for it, without our prefix.
//!
//! Read from Linux's `/proc` by hand: the `process` feature of the `prometheus` crate counts CPU in whole seconds, and
//! brings an older `rustix` beside the one that is here already. What cannot be read, as on other systems, is left out.
//! Names: <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>.

use std::fmt::Write as _;

use super::instruments::Described;

/// Clock ticks a second in `/proc`: Linux's `USER_HZ`, which is 100 wherever this runs.
const TICKS_PER_SECOND: f64 = 100.0;

/// Name, kind and HELP, in the order of [`Usage::values`].
const NAMES: [(&str, &str, &str); 6] = [
    ("process_cpu_seconds_total", "counter", "Processor time that the process used, of user and system, in seconds."),
    ("process_max_fds", "gauge", "Files that the process may have open at once."),
    ("process_open_fds", "gauge", "Files, sockets among them, that the process has open."),
    ("process_resident_memory_bytes", "gauge", "Memory of the process that is resident, in bytes."),
    ("process_start_time_seconds", "gauge", "When the process started, in seconds of Unix time."),
    ("process_threads", "gauge", "Threads of the process."),
];

#[derive(Debug, Default, Clone, PartialEq)]
struct Usage {
    cpu_seconds: Option<f64>,
    max_fds: Option<f64>,
    open_fds: Option<f64>,
    resident_bytes: Option<f64>,
    start_time: Option<f64>,
    threads: Option<f64>,
}

/// These names of the contract.
pub(super) fn described() -> impl Iterator<Item = Described> {
    let described = |(name, kind, help): (&str, _, &str)| {
        let (name, help) = (name.to_owned(), help.to_owned());
        Described { name, kind, labels: Vec::new(), help }
    };
    NAMES.into_iter().map(described)
}

/// The readings of this moment in Prometheus's text format.
pub(super) fn text() -> String {
    let mut text = String::new();
    for ((name, kind, help), value) in NAMES.into_iter().zip(Usage::of_this_process().values()) {
        if let Some(value) = value {
            // Nothing can go wrong with writing to a text.
            let _written = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        }
    }
    text
}

impl Usage {
    fn of_this_process() -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let mut usage = Self::parse(&read("/proc/self/stat"), &read("/proc/self/status"), &read("/proc/self/limits"));
        let booted = after(&read("/proc/stat"), "btime ");
        usage.start_time = usage.start_time.zip(booted).map(|(since_boot, booted)| booted + since_boot);
        // The look itself holds one open.
        let open = std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count().saturating_sub(1));
        usage.open_fds = open.and_then(|open| u32::try_from(open).ok()).map(f64::from);
        usage
    }

    /// What these files say; the start counts from the machine's.
    /// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
    fn parse(stat: &str, status: &str, limits: &str) -> Self {
        // The program's name comes second, in parentheses, and may hold spaces and parentheses itself.
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks = |field: usize| Some(fields.get(field)?.parse::<f64>().ok()? / TICKS_PER_SECOND);
        Self {
            cpu_seconds: ticks(11).zip(ticks(12)).map(|(user, system)| user + system),
            max_fds: after(limits, "Max open files"),
            open_fds: None,
            resident_bytes: after(status, "VmRSS:").map(|kibibytes| kibibytes * 1024.0),
            start_time: ticks(19),
            threads: after(status, "Threads:"),
        }
    }

    const fn values(&self) -> [Option<f64>; 6] {
        [self.cpu_seconds, self.max_fds, self.open_fds, self.resident_bytes, self.start_time, self.threads]
    }
}

/// The number that follows the name at the beginning of a line.
fn after(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "4711 (a (b) c) S 1 4711 4711 0 -1 4194560 9 0 0 0 250 75 0 0 20 0 12 0 98765 1 2 3";
    const STATUS: &str = "Name:\ta\nVmHWM:\t  9999 kB\nVmRSS:\t  2048 kB\nThreads:\t12\n";
    const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units\n\
                          Max open files            1024                 524288               files\n";

    #[test]
    fn the_files_of_proc_are_read_as_they_are_documented() {
        let usage = Usage::parse(STAT, STATUS, LIMITS);
        assert_eq!(usage.values(), [Some(3.25), Some(1024.0), None, Some(2_097_152.0), Some(987.65), Some(12.0)]);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert_eq!(Usage::parse("", "", ""), Usage::default());
        assert_eq!(Usage::parse("1 (a) S 1", "VmRSS:\tmuch", "Max open files unlimited"), Usage::default());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_all_six() {
        let usage = Usage::of_this_process();
        assert!(usage.values().iter().all(|value| value.is_some_and(|value| value >= 0.0)), "{usage:?}");
        assert!(usage.open_fds <= usage.max_fds && usage.open_fds >= Some(3.0), "{usage:?}");
        assert!(usage.resident_bytes > Some(1e6) && usage.start_time > Some(1.7e9), "{usage:?}");
        assert_eq!(text().lines().filter(|line| !line.starts_with('#')).count(), 6);
    }
}
