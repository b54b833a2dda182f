//! Idempotency keys whose commands are in this process's hands: a second command under such a key is told to wait.
//!
//! It spares work. That nothing is done twice is the append's business: it looks for the receipt of the first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

#[derive(Clone, Default)]
pub(super) struct Keys(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    /// Each with the number of the command that has it.
    keys: HashMap<Uuid, u64>,
    last: u64,
}

/// One command's hold on its key. It ends with [`Self::release`], and with the command.
#[derive(Clone)]
pub(super) struct InFlight {
    id: Uuid,
    number: u64,
    keys: Keys,
}

/// Releases the key when the command is dropped, also when its client has gone.
pub(super) struct UntilDropped(pub InFlight);

impl Keys {
    /// None while another command has it.
    pub fn take(&self, id: Uuid) -> Option<InFlight> {
        let mut taken = self.lock();
        taken.last = taken.last.wrapping_add(1);
        let number = taken.last;
        match taken.keys.entry(id) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => {
                free.insert(number);
                let keys = self.clone();
                Some(InFlight { id, number, keys })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InFlight {
    /// Gives the key back, unless that was done already: then it may be another command's by now.
    pub fn release(&self) {
        let mut taken = self.keys.lock();
        if taken.keys.get(&self.id) == Some(&self.number) {
            taken.keys.remove(&self.id);
        }
    }
}

impl Drop for UntilDropped {
    fn drop(&mut self) {
        self.0.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_released_early_is_not_released_again_from_under_the_next_command() {
        let (keys, id) = (Keys::default(), Uuid::from_u128(1));
        let first = keys.take(id).unwrap();
        let still_in_the_loop = UntilDropped(first.clone());
        assert!(keys.take(id).is_none());
        first.release();
        let second = UntilDropped(keys.take(id).unwrap());
        drop(still_in_the_loop);
        assert!(keys.take(id).is_none(), "it is the second one's");
        drop(second);
        assert!(keys.take(id).is_some());
    }
}
