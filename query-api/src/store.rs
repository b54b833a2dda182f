//! Where what is held in memory (the catalogue, the board of requests) is kept between the keeper, who writes it, and the routes, who read it.
//!
//! Nobody waits for the lock on the thread that serves HTTP: tasks wait for it as for anything else, the threads that search and that
//! write block.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use read_model::{Generation, Keys, View};
use tokio::sync::RwLock;

use crate::problem::Problem;
use crate::search::Index;
use crate::wakes::Topic;

/// A view that is held in memory whole, as far as a revision.
pub trait InMemory: Sized + Send + Sync + 'static {
    const VIEW: View;
    /// Woken when it changed.
    const TOPIC: Topic;
    /// Of a document's hash, what is needed.
    const FIELDS: &'static [&'static str];

    /// A document as it is now.
    type Change: Send + 'static;

    fn new(generation: Generation) -> Self;
    fn generation(&self) -> Generation;
    fn revision(&self) -> u64;
    /// The newest revision; the sorted set of what changed at which.
    fn keys(keys: &Keys, generation: Generation) -> (String, String);
    fn key(keys: &Keys, generation: Generation, id: &str) -> String;
    /// Reads a document; what cannot be read is said and left out.
    fn parse(id: String, fields: Fields) -> Option<Self::Change>;
    /// Takes in a document; gives what is to be woken besides [`Self::TOPIC`].
    fn take(&mut self, change: Self::Change) -> Option<Topic>;
    /// All documents are in here as far as this revision.
    fn reach(&mut self, revision: u64);
    /// To be changed.
    fn index(&mut self) -> &mut Index;
    fn index_now(&self) -> &Index;

    /// Takes in documents at once, where nobody reads meanwhile.
    fn apply(&mut self, changes: Vec<(String, Fields)>, revision: u64) -> Vec<Topic> {
        let changes = changes
            .into_iter()
            .filter_map(|(id, fields)| Self::parse(id, fields));
        let topics = changes.filter_map(|change| self.take(change)).collect();
        self.reach(revision);
        topics
    }

    /// Everything of a generation, ready to be searched. Takes seconds where there is much.
    fn built(generation: Generation, documents: Vec<(String, Fields)>, revision: u64) -> Self {
        let mut view = Self::new(generation);
        view.apply(documents, revision);
        view.index().settle();
        view
    }
}

/// The values of [`InMemory::FIELDS`].
pub type Fields = Vec<Option<Vec<u8>>>;

/// A catalogue that could not be compared with Redis for this long is not shown any more.
const OLDEST: Duration = Duration::from_secs(2);
/// Documents that are taken in while nobody reads: about 2 ms where the words of all of them changed.
const SLICE: usize = 16;

pub struct Store<T>(Arc<Held<T>>);

struct Held<T> {
    view: RwLock<Option<T>>,
    /// When it was last known to be what Redis has.
    confirmed: Mutex<Option<Instant>>,
    merging: AtomicBool,
}

impl<T> Clone for Store<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self(Arc::new(Held {
            view: RwLock::new(None),
            confirmed: Mutex::new(None),
            merging: AtomicBool::new(false),
        }))
    }
}

impl<T: InMemory> Store<T> {
    /// What `read`, which is quick, makes of it.
    pub async fn read<R>(&self, read: impl FnOnce(&T) -> R) -> Result<R, Problem> {
        let view = self.0.view.read().await;
        self.shown(view.as_ref()).map(read)
    }

    /// The same on a thread that may wait.
    pub fn read_blocking<R>(&self, read: impl FnOnce(&T) -> R) -> Result<R, Problem> {
        let view = self.0.view.blocking_read();
        self.shown(view.as_ref()).map(read)
    }

    fn shown<'v>(&self, view: Option<&'v T>) -> Result<&'v T, Problem> {
        let view = view.ok_or(Problem::ViewNotBuilt)?;
        let is_recent = self.confirmed().is_some_and(|at| at.elapsed() <= OLDEST);
        is_recent.then_some(view).ok_or(Problem::Stale)
    }

    /// The revision that is held of this generation.
    pub async fn revision_of(&self, generation: Generation) -> Option<u64> {
        let view = self.0.view.read().await;
        let view = view.as_ref().filter(|view| view.generation() == generation)?;
        Some(view.revision())
    }

    /// Whether there is anything to show.
    pub async fn is_held(&self) -> bool {
        self.0.view.read().await.is_some()
    }

    pub fn confirm(&self) {
        *self.confirmed() = Some(Instant::now());
    }

    /// What was held before ends where nobody waits for it.
    pub async fn replace(&self, view: T) {
        let before = self.0.view.write().await.replace(view);
        self.confirm();
        tokio::task::spawn_blocking(|| drop(before));
    }

    /// Takes in changes a few at a time, so that searches go on between them; gives what is to be woken. For a thread that may wait.
    pub fn update_blocking(&self, changes: Vec<T::Change>, revision: u64) -> Vec<Topic> {
        let mut topics = vec![];
        let mut changes = changes.into_iter().peekable();
        loop {
            let mut held = self.0.view.blocking_write();
            let Some(view) = held.as_mut() else {
                return topics;
            };
            topics.extend(
                changes
                    .by_ref()
                    .take(SLICE)
                    .filter_map(|change| view.take(change)),
            );
            if changes.peek().is_none() {
                view.reach(revision);
                self.confirm();
                return topics;
            }
        }
    }

    /// Makes the dictionary quick again where it needs that, without a lock while it does. For a thread that may wait.
    pub fn merge_blocking(&self) {
        if self.0.merging.swap(true, Ordering::AcqRel) {
            return;
        }
        let merge = self
            .0
            .view
            .blocking_read()
            .as_ref()
            .and_then(|view| view.index_now().merge());
        if let Some(merge) = merge {
            match merge.run() {
                Ok(merged) => {
                    if let Some(view) = self.0.view.blocking_write().as_mut() {
                        view.index().merged(merged);
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the words of an index cannot be merged; searches are slower");
                }
            }
        }
        self.0.merging.store(false, Ordering::Release);
    }

    /// The view is not built: nothing may be shown.
    pub async fn clear(&self) {
        *self.0.view.write().await = None;
    }

    fn confirmed(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.confirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
