//! Which log this is: its incarnations, as this process last read them.
//!
//! Whoever restores the log, or promotes a replica that lacks something, leaves views that were made from events which never happened.
//! Every generation says which incarnation it was made from; where the log has another one, it is made anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use event_store::incarnation::Incarnations;
use event_store::{DatabaseError, Reader};
use uuid::Uuid;

/// How often the log is asked by those who look all the time.
const FRESH: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub struct LogIdentity {
    log: Reader,
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Clone)]
struct Known {
    incarnations: Arc<Incarnations>,
    read: Instant,
}

impl LogIdentity {
    pub fn of(log: Reader) -> Self {
        Self {
            log,
            known: Arc::default(),
        }
    }

    /// Asks the log.
    pub async fn ask(&self) -> Result<Arc<Incarnations>, DatabaseError> {
        let incarnations = Arc::new(self.log.incarnations().await?);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known {
            incarnations: Arc::clone(&incarnations),
            read: Instant::now(),
        });
        Ok(incarnations)
    }

    /// As it was a second ago at most.
    pub async fn recent(&self) -> Result<Arc<Incarnations>, DatabaseError> {
        match self.last().filter(|known| known.read.elapsed() < FRESH) {
            Some(known) => Ok(known.incarnations),
            None => self.ask().await,
        }
    }

    /// As it was last read; asks where it never was.
    pub async fn known(&self) -> Result<Arc<Incarnations>, DatabaseError> {
        match self.last() {
            Some(known) => Ok(known.incarnations),
            None => self.ask().await,
        }
    }

    /// Whether the log is known to have another event at the position than one of this incarnation. Asks nobody.
    pub fn is_void(&self, position: i64, incarnation: Option<Uuid>) -> bool {
        self.last()
            .is_some_and(|known| !known.incarnations.has(position, incarnation))
    }

    fn last(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether what was made from `made_from` (none: by an earlier release) has to be made anew.
pub fn is_another(incarnations: &Incarnations, made_from: Option<Uuid>) -> bool {
    made_from.unwrap_or_else(|| incarnations.first()) != incarnations.current()
}
