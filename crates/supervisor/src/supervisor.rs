//! The running core as its users see it: starts the threads, takes requests, ends the threads.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use notifyd_kernel::limits::raise_open_files;
use notifyd_kernel::notify::Sizes;

use crate::Error;
use crate::acceptor::Acceptor;
use crate::admission::Defaults;
use crate::adoption::adopt;
use crate::arguments::Values;
use crate::control::{Control, Shared, Subject};
use crate::counters::Count;
use crate::detail::Detail;
use crate::event_loop::EventLoop;
use crate::identity::Init;
use crate::inspector::{Inspection, Inspector};
use crate::keeper::{Keeper, Keeping};
use crate::last_words::LastWords;
use crate::launch::{self, Launch, Launched};
use crate::notice::Notice;
use crate::recorder::Recorded;
use crate::registrar::Bounds;
use crate::ring::{Bell, Reader, ring};
use crate::socket::ListeningSocket;
use crate::stats::Stats;
use crate::stop::{StopReport, stop_container, stop_tree};
use crate::token::Token;
use crate::verdict::Policy;

/// Descriptors kept for connections, logs, HTTP, /proc.
const SPARE_FILES: u64 = 256;

/// How the supervisor works.
#[derive(Clone, Debug)]
pub struct Options {
    /// For listeners that ask for nothing.
    pub defaults: Defaults,
    /// Events that the ring holds.
    pub ring_events: usize,
    /// Longest time a hand-over may take.
    pub handover_timeout: Duration,
    /// Most listeners at once; `None` for what the limit of open files leaves.
    pub max_listeners: Option<u64>,
    /// Whether, and by which program, it is read who makes the first calls of each kind and with what.
    pub inspection: Option<Inspection>,
    /// For tests: wait this long between receiving and answering.
    pub test_delay: Option<Duration>,
    /// For tests: sizes that a future kernel might report.
    pub test_extra_bytes: usize,
}

/// The running core. Closing it ends its threads and listeners; so does dropping it.
pub struct Supervisor {
    shared: Arc<Shared>,
    reader: Mutex<Reader>,
    notices: Mutex<Receiver<Notice>>,
    details: Mutex<Receiver<Detail>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    acceptor_wakes: Mutex<Vec<Arc<OwnedFd>>>,
    /// Of the containers that came back.
    inits: Mutex<Vec<Weak<Init>>>,
    options: Options,
    bounds: Bounds,
}

impl Supervisor {
    /// Starts the loop. `wake` is called from its threads when something is there after [`Supervisor::arm`].
    pub fn start(options: Options, wake: impl Fn() + Send + Sync + 'static) -> Result<Self, Error> {
        let sizes = Sizes::query()?.grown_by(options.test_extra_bytes)?;
        let files = raise_open_files()?;
        let bounds = Bounds {
            listeners: options.max_listeners.unwrap_or(u64::MAX),
            files: files.saturating_sub(SPARE_FILES),
        };
        let stats = Arc::new(Stats::default());
        let bell = Arc::new(Bell::new(wake));
        let (writer, reader) = ring(options.ring_events, Arc::clone(&stats), Arc::clone(&bell));
        let (control_sender, controls) = mpsc::channel();
        let (notice_sender, notices) = mpsc::channel();
        let (detail_sender, details) = mpsc::channel();
        let shared = Arc::new(Shared::new(stats, bell, control_sender, notice_sender, detail_sender)?);
        let inspector = options
            .inspection
            .clone()
            .map(|inspection| Inspector::start(inspection, Arc::clone(&shared)));
        let (inspector, keeper) = inspector.transpose()?.unzip();
        let event_loop = EventLoop::new(
            Arc::clone(&shared),
            controls,
            writer,
            sizes,
            inspector,
            options.test_delay,
        )?;
        let thread = Builder::new()
            .name("notifyd-loop".to_owned())
            .spawn(|| event_loop.run())
            .map_err(Error::Thread)?;
        Ok(Self {
            shared,
            reader: Mutex::new(reader),
            notices: Mutex::new(notices),
            details: Mutex::new(details),
            threads: Mutex::new([Some(thread), keeper].into_iter().flatten().collect()),
            acceptor_wakes: Mutex::new(Vec::new()),
            inits: Mutex::default(),
            options,
            bounds,
        })
    }

    /// Serves what a service manager has kept, and keeps there what is handed over from now on: to be called once, before
    /// anything is listened on. The error says why nothing can be kept; what came back is served all the same.
    pub fn keep(&self, keeping: Keeping) -> Result<(), String> {
        let Keeping {
            manager,
            folder,
            most,
            returned,
        } = keeping;
        let keeper = self.shared.keeper.get_or_init(|| Keeper::new(manager, folder, most));
        let inits = adopt(&self.shared, keeper, self.options.defaults, returned);
        lock(&self.inits).extend(inits.iter().map(Arc::downgrade));
        keeper.problem().map_or(Ok(()), |problem| Err(problem.to_owned()))
    }

    /// Listens for hand-overs on a path.
    pub fn listen(&self, path: &Path) -> Result<(), Error> {
        self.accept_on(ListeningSocket::bind(path)?)
    }

    /// Listens for hand-overs on an inherited socket.
    pub fn listen_on(&self, socket: OwnedFd) -> Result<(), Error> {
        self.accept_on(ListeningSocket::inherited(socket)?)
    }

    fn accept_on(&self, socket: ListeningSocket) -> Result<(), Error> {
        self.check_open()?;
        let Options {
            defaults,
            handover_timeout,
            ..
        } = self.options;
        let shared = Arc::clone(&self.shared);
        let inits = lock(&self.inits).clone();
        let (acceptor, wake) = Acceptor::new(socket, shared, defaults, self.bounds, &inits, handover_timeout)?;
        let thread = Builder::new()
            .name("notifyd-accept".to_owned())
            .spawn(|| acceptor.run())
            .map_err(Error::Thread)?;
        lock(&self.acceptor_wakes).push(wake);
        lock(&self.threads).push(thread);
        Ok(())
    }

    /// Runs a command under a profile; returns once it was executed.
    pub fn launch(&self, launch: Launch) -> Result<Launched, Error> {
        self.check_open()?;
        launch::launch(&self.shared, launch)
    }

    /// Sends a signal to a launched command.
    pub fn signal(&self, token: Token, signal: i32) -> Result<(), Error> {
        launch::signal(&self.shared, token, signal)
    }

    /// What happened to listeners since the last call, in order.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        let notices = lock(&self.notices);
        notices.try_iter().inspect(|_| self.shared.bell.take_notice()).collect()
    }

    /// What was read of calls since the last call, in order. Each is there before its event.
    #[must_use]
    pub fn details(&self) -> Vec<Detail> {
        lock(&self.details).try_iter().collect()
    }

    /// Copies whole event records; returns how many.
    pub fn drain(&self, into: &mut [u8]) -> usize {
        lock(&self.reader).drain(into)
    }

    /// Asks for one wake at the next event or notice. False: something is there already.
    pub fn arm(&self) -> bool {
        lock(&self.reader).arm()
    }

    /// The counters of a listener; none for one that was released or never known.
    #[must_use]
    pub fn counts(&self, token: Token) -> Vec<Count> {
        let counters = self.shared.known().get(&token).map(|known| Arc::clone(&known.counters));
        counters.map(|counters| counters.read()).unwrap_or_default()
    }

    /// What a listener's profile let run, where that is recorded; nothing of one that was released.
    #[must_use]
    pub fn recorded(&self, token: Token) -> Recorded {
        let recorder = self.shared.known().get(&token).and_then(|known| known.recorder.clone());
        recorder.map(|recorder| recorder.read()).unwrap_or_default()
    }

    /// Takes the values of the arguments that were watched at a launch; complete once the tree has ended.
    #[must_use]
    pub fn arguments(&self, token: Token) -> Vec<Values> {
        let taken = self.shared.arguments().remove(&token);
        taken.map(|arguments| arguments.read()).unwrap_or_default()
    }

    /// Changes how a listener is answered.
    pub fn set_policy(&self, token: Token, policy: Policy) {
        self.shared.control(Control::SetPolicy(token, policy));
    }

    /// Ends the container or process tree of a listener. Blocks until it is gone or time is up. The last words are a
    /// container's: a launched command has the caller to tell of it.
    pub fn stop(&self, token: Token, words: Option<&LastWords>, timeout: Duration) -> Result<StopReport, Error> {
        let subject = self.shared.known().get(&token).map(|known| known.subject.clone());
        match subject.ok_or(Error::UnknownListener(token.0))? {
            Subject::Container(init) => Ok(stop_container(&init, words, timeout)),
            Subject::Tree(tree, _) => Ok(stop_tree(&tree, timeout)),
            Subject::Nothing(problem) => Err(Error::NothingToStop(problem)),
        }
    }

    /// Forgets the counters of a listener that was detached, and lets the service manager forget it: unless it was
    /// detached because we are closed, which the next daemon goes on from.
    pub fn release(&self, token: Token) {
        self.shared.known().remove(&token);
        if !self.shared.closed.load(Ordering::Acquire)
            && let Some(keeper) = self.shared.keeper.get()
        {
            keeper.forget(token);
        }
    }

    /// Counters of the whole supervisor.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    /// Answers what waits, closes all listeners, and waits for the threads' end.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        for wake in lock(&self.acceptor_wakes).drain(..) {
            let _ = rustix::io::write(wake.as_fd(), &1_u64.to_ne_bytes());
        }
        self.shared.control(Control::Close);
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
        self.shared.let_go();
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.shared.closed.load(Ordering::Acquire) {
            Err(Error::Closed)
        } else {
            Ok(())
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.close();
    }
}

/// Nothing here leaves its data half changed, so a panic while it was held spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
