//! Listeners that a service manager keeps from one daemon to the next, against the real kernel.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notifyd_kernel::notify::{Buffers, Notification, Received, Sizes, awaits_answer, is_listener};
use notifyd_kernel::remembered::Remembered;
use notifyd_supervisor::{
    Attachment, Defaults, Keeping, NoticeKind, Options, Policy, STORED_PREFIX, ServiceManager, Supervisor, Token,
};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use support::{Bench, Folder, Guest, OPTIONS, fds, send};

/// A mock of the service manager: its socket, and what it was given.
struct Manager {
    folder: Folder,
    socket: UnixDatagram,
}

impl Manager {
    fn new(name: &str) -> Self {
        let folder = Folder::new(&format!("manager-{name}"));
        let socket = UnixDatagram::bind(folder.0.join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self { folder, socket }
    }

    fn keeping(&self, most: usize, returned: Vec<(String, OwnedFd)>) -> Keeping {
        let address = self.folder.0.join("notify");
        Keeping {
            manager: ServiceManager::at(address.to_str().unwrap()).unwrap(),
            folder: self.kept(),
            most,
            returned,
        }
    }

    fn kept(&self) -> PathBuf {
        self.folder.0.join("kept")
    }

    fn record(&self, name: &str) -> PathBuf {
        self.kept().join("listeners").join(name)
    }

    /// The next thing that it was told.
    fn told(&self) -> (String, Option<OwnedFd>) {
        let mut bytes = [0; 1024];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let length = recvmsg(&self.socket, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC)
            .unwrap()
            .bytes;
        let fd = ancillary.drain().find_map(|part| match part {
            RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
            _ => None,
        });
        (String::from_utf8(bytes[..length].to_vec()).unwrap(), fd)
    }

    /// What it is given to store.
    fn stored(&self) -> (String, OwnedFd) {
        let (text, fd) = self.told();
        let name = text.strip_prefix("FDSTORE=1\nFDNAME=").unwrap().to_owned();
        (name, fd.unwrap())
    }
}

fn start(name: &str, options: Options, keeping: Keeping) -> Bench {
    let folder = Folder::new(name);
    let supervisor = Supervisor::start(options, || {}).unwrap();
    supervisor.keep(keeping).unwrap();
    supervisor.listen(&folder.0.join("listener.sock")).unwrap();
    Bench {
        folder,
        supervisor,
        notices: Vec::new(),
    }
}

fn hand_over(bench: &Bench, guest: &Guest, id: &str) {
    send(&bench.connect(), guest.state(id).as_bytes(), &fds(&guest.listener));
}

/// Its listener is held by nobody but the supervisor and the service manager.
fn let_go(guest: &mut Guest) {
    let null = fs::File::open("/dev/null").unwrap();
    guest.listener = null.into();
}

fn expect_attached<T>(bench: &mut Bench, look: impl Fn(&Attachment) -> T) -> (Token, T) {
    bench.expect("attached", |notice| match &notice.kind {
        NoticeKind::Attached(token, Some(attachment)) => Some((*token, look(attachment))),
        _ => None,
    })
}

/// As a daemon that was killed between receiving and answering.
fn receive(listener: &OwnedFd) -> Notification {
    let mut fds = [PollFd::new(listener, PollFlags::IN)];
    poll(&mut fds, None).unwrap();
    match Buffers::new(Sizes::query().unwrap()).receive(listener.as_fd()) {
        Received::Notification(notification) => notification,
        other => panic!("{other:?}"),
    }
}

const SCRIPT: &str = "kill -0 $$ && echo ran > \"$OUT\" || echo refused > \"$OUT\"";

fn guest(name: &str, calls: &str) -> Guest {
    Guest::new(name, calls)
}

/// The script writes what became of its call.
fn calling(name: &str) -> Guest {
    let out = std::env::temp_dir().join(format!("notifyd-out-{name}-{}", std::process::id()));
    guest(name, &SCRIPT.replace("\"$OUT\"", &out.display().to_string()))
}

fn outcome(name: &str) -> String {
    let out = std::env::temp_dir().join(format!("notifyd-out-{name}-{}", std::process::id()));
    let until = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        match fs::read_to_string(&out) {
            Ok(text) if text.ends_with('\n') => {
                let _ = fs::remove_file(&out);
                return text.trim_end().to_owned();
            }
            _ => assert!(std::time::Instant::now() < until, "the call does not return"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_listener_is_kept_served_again_by_the_next_supervisor_and_forgotten_when_it_ends() {
    let manager = Manager::new("again");
    let mut first = start("again-1", OPTIONS, manager.keeping(4, vec![]));
    let mut guest = calling("again");
    hand_over(&first, &guest, "web");
    let (_, (name, init)) = expect_attached(&mut first, |attachment| {
        let init = attachment.init.as_ref().unwrap();
        (
            attachment.kept.clone().unwrap(),
            (init.process.pid, init.process.start_ticks),
        )
    });
    let (stored, fd) = manager.stored();
    assert_eq!(stored, name);
    assert!(name.starts_with(STORED_PREFIX) && name.len() <= 255 && !name.contains(':'));
    assert!(
        manager.record(&name).exists(),
        "its record is there before it is stored"
    );
    assert!(is_listener(fd.as_fd()));
    let_go(&mut guest);
    first.supervisor.close();
    assert!(manager.record(&name).exists());

    guest.go();
    let mut second = start("again-2", OPTIONS, manager.keeping(4, vec![(name.clone(), fd)]));
    let (token, (id, same, kept, problem)) = expect_attached(&mut second, |attachment| {
        let found = attachment.init.as_ref().unwrap();
        (
            attachment.state.id.clone(),
            (found.process.pid, found.process.start_ticks) == init,
            attachment.kept.clone(),
            attachment.kept_problem.clone(),
        )
    });
    assert_eq!(
        (id.as_str(), same, kept, problem),
        ("web", true, Some(name.clone()), None)
    );
    assert_eq!(outcome("again"), "refused");
    second.wait_for_total(token, 1);
    let ended = |notice: &notifyd_supervisor::Notice| {
        matches!(notice.kind, NoticeKind::Detached(found, reason) if found == token && reason.name() == "hup")
            .then_some(())
    };
    second.expect("hup", ended);
    second.supervisor.release(token);
    assert_eq!(manager.told().0, format!("FDSTOREREMOVE=1\nFDNAME={name}"));
    assert!(!manager.record(&name).exists());
}

/// Keeps one guest's listener with a supervisor that is gone then.
fn keep(manager: &Manager, name: &str, guest: &mut Guest) -> (String, OwnedFd) {
    let mut first = start(&format!("{name}-1"), OPTIONS, manager.keeping(4, vec![]));
    hand_over(&first, guest, "web");
    expect_attached(&mut first, |_| ());
    let stored = manager.stored();
    let_go(guest);
    first.supervisor.close();
    stored
}

fn note(manager: &Manager, notification: &Notification) {
    let path = manager.kept().join("notifications");
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let memory = Arc::new(Remembered::open(file.as_fd(), 4).unwrap());
    memory.slot(0).unwrap().note(notification);
}

#[test]
fn a_call_that_was_received_and_not_answered_gets_its_verdict_and_is_counted() {
    let manager = Manager::new("orphan");
    let mut guest = calling("orphan");
    let (name, fd) = keep(&manager, "orphan", &mut guest);
    guest.go();
    note(&manager, &receive(&fd));
    assert!(awaits_answer(fd.as_fd()));
    let mut second = start("orphan-2", OPTIONS, manager.keeping(4, vec![(name, fd)]));
    let (token, ()) = expect_attached(&mut second, |_| ());
    assert_eq!(outcome("orphan"), "refused");
    second.wait_for_total(token, 1);
    let counts = second.supervisor.counts(token);
    assert_eq!((counts[0].key.arch, counts[0].key.number), support::KILL);
}

/// Calls in processes of their own, so that all wait at once.
fn several(name: &str, calls: usize) -> Guest {
    let out = std::env::temp_dir().join(format!("notifyd-out-{name}-{}", std::process::id()));
    let each = "{ kill -0 $$ && echo ran; } &\n".repeat(calls);
    guest(name, &format!("{each} wait; echo refused > {}", out.display()))
}

#[test]
fn orphans_that_nobody_noted_are_found_near_the_one_that_was() {
    let manager = Manager::new("near");
    let mut guest = several("near", 3);
    let (name, fd) = keep(&manager, "near", &mut guest);
    guest.go();
    let received = [receive(&fd), receive(&fd), receive(&fd)];
    note(&manager, &received[1]);
    let mut second = start("near-2", OPTIONS, manager.keeping(4, vec![(name, fd)]));
    let (token, ()) = expect_attached(&mut second, |_| ());
    assert_eq!(outcome("near"), "refused");
    let answered = second.expect("orphans", |notice| match &notice.kind {
        NoticeKind::Orphans(found, answered) if *found == token => Some(*answered),
        _ => None,
    });
    assert_eq!(answered, 2);
    second.wait_for_total(token, 1);
}

#[test]
fn an_orphan_of_which_nothing_was_noted_is_found_near_the_next_call() {
    let manager = Manager::new("next");
    let mut guest = several("next", 2);
    let (name, fd) = keep(&manager, "next", &mut guest);
    guest.go();
    receive(&fd);
    // The other one waits and was received by nobody.
    let mut second = start("next-2", OPTIONS, manager.keeping(4, vec![(name, fd)]));
    let (token, ()) = expect_attached(&mut second, |_| ());
    assert_eq!(outcome("next"), "refused");
    second.expect("orphans", |notice| {
        matches!(notice.kind, NoticeKind::Orphans(found, 1) if found == token).then_some(())
    });
    second.wait_for_total(token, 1);
}

#[test]
fn without_a_whole_record_calls_are_refused_even_where_the_default_is_to_let_them_run() {
    let manager = Manager::new("damaged");
    let mut guest = calling("damaged");
    let (name, fd) = keep(&manager, "damaged", &mut guest);
    let mut text = fs::read(manager.record(&name)).unwrap();
    let place = text.len() / 2;
    text[place] ^= 1;
    fs::write(manager.record(&name), text).unwrap();
    let lax = Options {
        defaults: Defaults {
            policy: Policy {
                continue_all: true,
                ..support::EPERM
            },
            may_continue: true,
            watched: &[],
        },
        ..OPTIONS
    };
    guest.go();
    let mut second = start("damaged-2", lax, manager.keeping(4, vec![(name.clone(), fd)]));
    let (token, (kept, problem, stoppable)) = expect_attached(&mut second, |attachment| {
        (
            attachment.kept.clone(),
            attachment.kept_problem.clone().unwrap(),
            attachment.init.is_ok(),
        )
    });
    assert_eq!((kept, stoppable), (Some(name), false));
    assert!(problem.contains("it is damaged"), "{problem}");
    assert_eq!(outcome("damaged"), "refused");
    second.wait_for_total(token, 1);
}

#[test]
fn what_the_store_has_no_room_for_is_served_and_told() {
    let manager = Manager::new("full");
    let mut bench = start("full", OPTIONS, manager.keeping(1, vec![]));
    let (one, two) = (calling("full-1"), calling("full-2"));
    hand_over(&bench, &one, "one");
    bench.expect_container("one");
    hand_over(&bench, &two, "two");
    let token = bench.expect_container("two");
    let problem = bench.expect("unkept", |notice| match &notice.kind {
        NoticeKind::Unkept(found, problem) if *found == token => Some(problem.clone()),
        _ => None,
    });
    assert!(problem.contains("holds 1 descriptors"), "{problem}");
    two.go();
    assert_eq!(outcome("full-2"), "refused");
    bench.wait_for_total(token, 1);
}

#[test]
fn a_descriptor_that_is_no_listener_is_not_served() {
    let manager = Manager::new("stranger");
    let null = fs::File::open("/dev/null").unwrap();
    let returned = vec![("listener-x".to_owned(), null.into())];
    let mut bench = start("stranger", OPTIONS, manager.keeping(4, returned));
    let refusals = bench.expect_refusals(1);
    assert_eq!(refusals[0].0, "not_a_listener");
    assert_eq!(manager.told().0, "FDSTOREREMOVE=1\nFDNAME=listener-x");
}

#[test]
fn a_folder_that_others_may_enter_is_not_used_and_what_came_back_is_served_all_the_same() {
    let manager = Manager::new("open");
    let mut guest = calling("open");
    let (name, fd) = keep(&manager, "open", &mut guest);
    let wide = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(manager.kept(), wide).unwrap();
    let supervisor = Supervisor::start(OPTIONS, || {}).unwrap();
    let problem = supervisor.keep(manager.keeping(4, vec![(name, fd)])).unwrap_err();
    assert!(problem.contains("only this program's user"), "{problem}");
    guest.go();
    assert_eq!(outcome("open"), "refused");
}
