//! Commands that are run without an engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::time::{Duration, Instant};

use notifyd_bpf::{Action, Denied, Insn, Program, deny_list, op};
use notifyd_supervisor::{Ended, Error, Launch, Launched, NoticeKind, Policy, Watched};
use support::{Bench, EPERM, KILL, OPTIONS};

fn deny(numbers: &[u32], action: Action) -> Program {
    deny_list(
        &[Denied {
            arch: KILL.0,
            numbers: numbers.to_vec(),
            subcalls: vec![],
        }],
        action,
    )
    .unwrap()
}

fn launch(bench: &Bench, program: Program, policy: Policy, words: &[&str]) -> Result<Launched, Error> {
    let path = std::env::var("PATH").unwrap();
    bench.supervisor.launch(Launch {
        command: words[0].to_owned(),
        arguments: words.iter().map(|&word| word.to_owned()).collect(),
        environment: vec![format!("PATH={path}")],
        directory: "/".to_owned(),
        program,
        policy,
        watched: Vec::new(),
    })
}

fn end(bench: &mut Bench, launched: Launched) -> Ended {
    let ended = bench.expect("exit", |notice| match notice.kind {
        NoticeKind::Exited(token, ended) if token == launched.token => Some(ended),
        _ => None,
    });
    bench.expect("end of the tree", |notice| match notice.kind {
        NoticeKind::Ended(token) if token == launched.token => Some(()),
        _ => None,
    });
    ended
}

fn run(bench: &mut Bench, numbers: &[u32], script: &str) -> (Launched, Ended) {
    let launched = launch(bench, deny(numbers, Action::Errno(1)), EPERM, &["sh", "-c", script]).unwrap();
    (launched, end(bench, launched))
}

const CHROOT: u32 = 161;

#[test]
fn the_commands_status_or_signal_comes_back() {
    let mut bench = Bench::new("status", OPTIONS);
    assert_eq!(run(&mut bench, &[CHROOT], "exit 42").1, Ended::Exited(42));
    assert_eq!(run(&mut bench, &[CHROOT], "kill -9 $$").1, Ended::Signaled(9));
}

/// Niceness of all threads of this process that answer calls: proc_pid_stat(5), the 19th field.
fn niceness_of_loops() -> Vec<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let paths: Vec<_> = tasks.map(|task| task.unwrap().path()).collect();
    let loops = paths.iter().filter(|path| read(path.join("comm")) == "notifyd-loop\n");
    let niceness = |stat: String| stat.split(") ").last()?.split(' ').nth(16)?.parse().ok();
    loops.filter_map(|path| niceness(read(path.join("stat")))).collect()
}

#[test]
fn calls_of_a_command_are_received_before_it_goes_on_where_that_is_permitted() {
    let mut bench = Bench::new("niceness", OPTIONS);
    let own = rustix::process::getpriority_process(None).unwrap();
    let script = format!("test $(nice) -eq {own}");
    let launched = launch(
        &bench,
        deny(&[CHROOT], Action::Errno(1)),
        EPERM,
        &["sh", "-c", &format!("sleep 1; {script}")],
    )
    .unwrap();
    // Of this thread, whose priority is the same otherwise.
    let permitted = rustix::process::setpriority_process(None, -10).is_ok();
    let until = Instant::now() + Duration::from_secs(30);
    while permitted && !niceness_of_loops().contains(&-10) {
        assert!(Instant::now() < until, "{:?}", niceness_of_loops());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(
        end(&mut bench, launched),
        Ended::Exited(0),
        "the command has what it would have without us"
    );
}

#[test]
fn a_denied_call_gets_the_programs_errno_and_is_counted() {
    let mut bench = Bench::new("errno", OPTIONS);
    let (launched, ended) = run(&mut bench, &[KILL.1], "kill -0 $$ 2>/dev/null; exit $?");
    assert_eq!(ended, Ended::Exited(1));
    assert_eq!(bench.total(launched.token), 1);
}

#[test]
fn a_kill_verdict_kills_with_the_status_that_the_kernel_gives() {
    let mut bench = Bench::new("kill", OPTIONS);
    let program = deny(&[KILL.1], Action::KillProcess);
    let launched = launch(&bench, program.clone(), EPERM, &["sh", "-c", "kill -0 $$; exit 0"]).unwrap();
    assert_eq!(end(&mut bench, launched), Ended::Signaled(31));
    assert_eq!(bench.total(launched.token), 1);
    let deferred = Policy {
        defer_kill: true,
        ..EPERM
    };
    let launched = launch(
        &bench,
        program,
        deferred,
        &["sh", "-c", "kill -0 $$ 2>/dev/null; exit 7"],
    )
    .unwrap();
    assert_eq!(
        end(&mut bench, launched),
        Ended::Exited(7),
        "under stop the program goes on until it is ended"
    );
}

#[test]
fn no_denied_call_keeps_a_command_from_ending() {
    let mut bench = Bench::new("every", OPTIONS);
    // sendmsg write close openat read fcntl mmap futex execve exit_group rt_sigprocmask getpid exit
    let named = [46, 1, 3, 257, 0, 72, 9, 202, 59, 231, 14, 39, 60];
    for number in 0..=470 {
        assert_ends(&mut bench, &[number]);
    }
    assert_ends(&mut bench, &named);
}

fn assert_ends(bench: &mut Bench, numbers: &[u32]) {
    let since = Instant::now();
    if let Ok(launched) = launch(bench, deny(numbers, Action::Errno(1)), EPERM, &["true"]) {
        end(bench, launched);
        bench.notices.clear();
    }
    assert!(since.elapsed() < Duration::from_secs(2), "{numbers:?}");
}

#[test]
fn what_cannot_be_executed_is_told_apart() {
    let bench = Bench::new("missing", OPTIONS);
    let errno = |words: &[&str], numbers: &[u32]| match launch(&bench, deny(numbers, Action::Errno(1)), EPERM, words) {
        Err(Error::Kernel(notifyd_kernel::Error::Execute(errno))) => errno,
        other => panic!("{other:?}"),
    };
    assert_eq!(errno(&["surely-no-such-command"], &[CHROOT]), rustix::io::Errno::NOENT);
    assert_eq!(errno(&["/etc/passwd"], &[CHROOT]), rustix::io::Errno::ACCESS);
    assert_eq!(errno(&["true"], &[59]), rustix::io::Errno::PERM);
}

#[test]
fn a_profile_that_denies_nothing_is_refused_and_nothing_runs() {
    let bench = Bench::new("nothing", OPTIONS);
    let refused = launch(&bench, deny(&[], Action::Errno(1)), EPERM, &["true"]);
    assert!(matches!(refused, Err(Error::NothingDenied)), "{refused:?}");
}

#[test]
fn grandchildren_are_served_after_the_command_has_ended() {
    let mut bench = Bench::new("orphan", OPTIONS);
    let script = "(sleep 0.3; kill -0 1 2>/dev/null; kill -0 1 2>/dev/null) >/dev/null & exit 3";
    let (launched, ended) = run(&mut bench, &[KILL.1], script);
    assert_eq!(ended, Ended::Exited(3));
    assert_eq!(bench.total(launched.token), 2);
}

#[test]
fn a_stop_reaches_whoever_left_the_session_and_the_parent() {
    let mut bench = Bench::new("tree", OPTIONS);
    let script = "setsid sh -c 'setsid sleep 1000 & sleep 1000' & (setsid sleep 1000 &) ; exec sleep 1000";
    let launched = launch(&bench, deny(&[CHROOT], Action::Errno(1)), EPERM, &["sh", "-c", script]).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let report = bench
        .supervisor
        .stop(launched.token, None, Duration::from_secs(5))
        .unwrap();
    assert!(report.done && report.left.is_empty(), "{report:?}");
    assert_eq!(end(&mut bench, launched), Ended::Signaled(9));
}

#[test]
fn signals_reach_the_command() {
    let mut bench = Bench::new("signal", OPTIONS);
    let script = "trap 'exit 5' TERM; while :; do sleep 0.01; done";
    let launched = launch(&bench, deny(&[CHROOT], Action::Errno(1)), EPERM, &["sh", "-c", script]).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    bench.supervisor.signal(launched.token, 15).unwrap();
    assert_eq!(end(&mut bench, launched), Ended::Exited(5));
}

#[test]
fn a_second_listener_in_the_tree_is_refused_as_busy() {
    let mut bench = Bench::new("busy", OPTIONS);
    let this = std::env::current_exe().unwrap().display().to_string();
    let words = [
        this.as_str(),
        "--ignored",
        "--exact",
        "launches_under_a_listener",
        "--nocapture",
    ];
    let launched = launch(&bench, deny(&[CHROOT], Action::Errno(1)), EPERM, &words).unwrap();
    assert_eq!(end(&mut bench, launched), Ended::Exited(0));
}

/// Run by the test above, in a process under a listener.
#[test]
#[ignore = "needs a process that is under a listener already"]
fn launches_under_a_listener() {
    let bench = Bench::new("inner", OPTIONS);
    let refused = launch(&bench, deny(&[CHROOT], Action::Errno(1)), EPERM, &["true"]);
    assert!(
        matches!(refused, Err(Error::Kernel(notifyd_kernel::Error::ListenerBusy))),
        "{refused:?}"
    );
}

const EXECVE: u32 = 59;
const CONTINUE: Policy = Policy {
    continue_all: true,
    ..EPERM
};

#[test]
fn the_execution_of_the_command_is_not_its_own_call() {
    let mut bench = Bench::new("execution", OPTIONS);
    let program = deny(&[EXECVE], Action::Errno(1));
    let phases = |bench: &Bench, launched: Launched| -> Vec<(bool, u64)> {
        let counts = bench.supervisor.counts(launched.token);
        counts.iter().map(|count| (count.key.init, count.count)).collect()
    };
    let launched = launch(&bench, program.clone(), CONTINUE, &["true"]).unwrap();
    end(&mut bench, launched);
    assert_eq!(phases(&bench, launched), [(true, 1)]);
    let launched = launch(
        &bench,
        program,
        CONTINUE,
        &["sh", "-c", "/usr/bin/env /bin/true; exec /bin/true"],
    )
    .unwrap();
    end(&mut bench, launched);
    assert_eq!(
        phases(&bench, launched),
        [(true, 1), (false, 3)],
        "env, its true, the shell's"
    );
}

#[test]
fn a_script_without_an_interpreter_is_executed_by_two_calls_none_its_own() {
    let mut bench = Bench::new("script", OPTIONS);
    let script = std::env::temp_dir().join(format!("notifyd-plain-script-{}.sh", std::process::id()));
    std::fs::write(&script, "exit 3\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let program = deny(&[EXECVE], Action::Errno(1));
    let launched = launch(&bench, program, CONTINUE, &[script.to_str().unwrap()]).unwrap();
    let ended = end(&mut bench, launched);
    std::fs::remove_file(&script).unwrap();
    assert_eq!(ended, Ended::Exited(3));
    let counts = bench.supervisor.counts(launched.token);
    assert!(
        counts.iter().all(|count| count.key.init && count.count == 2),
        "{counts:?}"
    );
}

#[test]
fn where_every_call_runs_what_raises_a_signal_is_seen_too() {
    let mut bench = Bench::new("trap", OPTIONS);
    let script = "kill -0 $$; exit $?";
    let program = deny(&[KILL.1], Action::Trap(0));
    let launched = launch(&bench, program, CONTINUE, &["sh", "-c", script]).unwrap();
    assert_eq!(end(&mut bench, launched), Ended::Exited(0));
    let counts = bench.supervisor.counts(launched.token);
    let verdicts: Vec<_> = counts.iter().map(|count| (count.key.verdict, count.count)).collect();
    assert_eq!(verdicts, [(Action::Trap(0).raw(), 1)]);
}

#[test]
fn a_program_of_which_every_call_is_notified_runs_and_its_values_are_told_once() {
    let mut bench = Bench::new("everything", OPTIONS);
    let everything = Program::new(vec![Insn::statement(op::RET_K, Action::Notify.raw())]).unwrap();
    let words = ["sh", "-c", "kill -0 $$; kill -0 $$; (kill -s CONT $$); exit 4"];
    let path = std::env::var("PATH").unwrap();
    let launched = bench.supervisor.launch(Launch {
        command: "sh".to_owned(),
        arguments: words.iter().map(|&word| word.to_owned()).collect(),
        environment: vec![format!("PATH={path}")],
        directory: "/".to_owned(),
        program: everything,
        policy: CONTINUE,
        watched: vec![Watched {
            arch: KILL.0,
            number: KILL.1,
            index: 1,
            mask: u64::MAX,
        }],
    });
    let launched = launched.unwrap();
    assert_eq!(end(&mut bench, launched), Ended::Exited(4));
    let counts = bench.supervisor.counts(launched.token);
    assert!(counts.len() > 10, "{counts:?}");
    let kills = counts.iter().find(|count| count.key.number == KILL.1).unwrap();
    assert_eq!(kills.count, 3);
    let values = bench.supervisor.arguments(launched.token);
    let [kill] = values.as_slice() else {
        panic!("{values:?}")
    };
    assert_eq!(kill.values, Some([0, 18].into()));
    assert!(bench.supervisor.arguments(launched.token).is_empty(), "they were taken");
}
