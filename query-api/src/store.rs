//! Where the catalogue is kept between the keeper, who writes it, and the routes, who read it.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use read_model::Generation;

use crate::catalogue::Catalogue;
use crate::problem::Problem;

/// A catalogue that could not be compared with Redis for this long is not shown any more.
const OLDEST: Duration = Duration::from_secs(2);

#[derive(Clone, Default)]
pub struct Store(Arc<RwLock<Held>>);

#[derive(Default)]
struct Held {
    catalogue: Option<Catalogue>,
    /// When it was last known to be what Redis has.
    confirmed: Option<Instant>,
}

impl Store {
    /// What `read` makes of the catalogue.
    pub fn read<T>(&self, read: impl FnOnce(&Catalogue) -> T) -> Result<T, Problem> {
        let held = self.shared();
        let Some(catalogue) = &held.catalogue else {
            return Err(Problem::ViewNotBuilt);
        };
        if held.confirmed.is_none_or(|at| at.elapsed() > OLDEST) {
            return Err(Problem::Stale);
        }
        Ok(read(catalogue))
    }

    /// The revision that is held of this generation.
    pub fn revision_of(&self, generation: Generation) -> Option<u64> {
        let held = self.shared();
        let catalogue = held
            .catalogue
            .as_ref()
            .filter(|catalogue| catalogue.generation == generation)?;
        Some(catalogue.revision)
    }

    pub fn confirm(&self) {
        self.exclusive().confirmed = Some(Instant::now());
    }

    pub fn replace(&self, catalogue: Catalogue) {
        let mut held = self.exclusive();
        held.catalogue = Some(catalogue);
        held.confirmed = Some(Instant::now());
    }

    pub fn update(&self, change: impl FnOnce(&mut Catalogue)) {
        let mut held = self.exclusive();
        if let Some(catalogue) = &mut held.catalogue {
            change(catalogue);
        }
        held.confirmed = Some(Instant::now());
    }

    /// The view is not built: nothing may be shown.
    pub fn clear(&self) {
        self.exclusive().catalogue = None;
    }

    fn shared(&self) -> RwLockReadGuard<'_, Held> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, Held> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
