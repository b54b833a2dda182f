//! Where what is held in memory (the catalogue, the board of requests) is kept between the keeper, who writes it, and the routes, who read it.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use read_model::{Generation, Keys, View};

use crate::problem::Problem;
use crate::wakes::Topic;

/// A view that is held in memory whole, as far as a revision.
pub trait InMemory: Sized {
    const VIEW: View;
    /// Woken when it changed.
    const TOPIC: Topic;
    /// Of a document's hash, what is needed.
    const FIELDS: &'static [&'static str];

    fn new(generation: Generation) -> Self;
    fn generation(&self) -> Generation;
    fn revision(&self) -> u64;
    /// The newest revision; the sorted set of what changed at which.
    fn keys(keys: &Keys, generation: Generation) -> (String, String);
    fn key(keys: &Keys, generation: Generation, id: &str) -> String;
    /// Takes in documents as they are now, by their ids; gives what is to be woken besides [`Self::TOPIC`].
    fn apply(&mut self, changes: Vec<(String, Fields)>, revision: u64) -> Vec<Topic>;
}

/// The values of [`InMemory::FIELDS`].
pub type Fields = Vec<Option<Vec<u8>>>;

/// A catalogue that could not be compared with Redis for this long is not shown any more.
const OLDEST: Duration = Duration::from_secs(2);

pub struct Store<T>(Arc<RwLock<Held<T>>>);

struct Held<T> {
    view: Option<T>,
    /// When it was last known to be what Redis has.
    confirmed: Option<Instant>,
}

impl<T> Clone for Store<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        let nothing = Held {
            view: None,
            confirmed: None,
        };
        Self(Arc::new(RwLock::new(nothing)))
    }
}

impl<T: InMemory> Store<T> {
    /// What `read` makes of it.
    pub fn read<R>(&self, read: impl FnOnce(&T) -> R) -> Result<R, Problem> {
        let held = self.shared();
        let Some(view) = &held.view else {
            return Err(Problem::ViewNotBuilt);
        };
        if held.confirmed.is_none_or(|at| at.elapsed() > OLDEST) {
            return Err(Problem::Stale);
        }
        Ok(read(view))
    }

    /// The revision that is held of this generation.
    pub fn revision_of(&self, generation: Generation) -> Option<u64> {
        let held = self.shared();
        let view = held
            .view
            .as_ref()
            .filter(|view| view.generation() == generation)?;
        Some(view.revision())
    }

    pub fn confirm(&self) {
        self.exclusive().confirmed = Some(Instant::now());
    }

    pub fn replace(&self, view: T) {
        let mut held = self.exclusive();
        held.view = Some(view);
        held.confirmed = Some(Instant::now());
    }

    pub fn update<R: Default>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut held = self.exclusive();
        let changed = held.view.as_mut().map(change);
        held.confirmed = Some(Instant::now());
        changed.unwrap_or_default()
    }

    /// The view is not built: nothing may be shown.
    pub fn clear(&self) {
        self.exclusive().view = None;
    }

    fn shared(&self) -> RwLockReadGuard<'_, Held<T>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, Held<T>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
