//! Who has the machine: tests that say how long something may take have it alone, and all others share it.

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static MACHINE: RwLock<()> = RwLock::const_new(());

/// The machine, for as long as it is kept. Not twice in one test: whoever wants to be alone may be waiting in between. A test takes it before it
/// starts anything.
pub struct Hold {
    _shared: Option<RwLockReadGuard<'static, ()>>,
    _alone: Option<RwLockWriteGuard<'static, ()>>,
}

/// For what does not limit how long it takes.
pub async fn shared() -> Hold {
    held(Some(MACHINE.read().await), None)
}

pub async fn alone() -> Hold {
    held(None, Some(MACHINE.write().await))
}

/// The same outside of a runtime.
pub fn shared_blocking() -> Hold {
    held(Some(MACHINE.blocking_read()), None)
}

/// The same outside of a runtime.
pub fn alone_blocking() -> Hold {
    held(None, Some(MACHINE.blocking_write()))
}

fn held(shared: Option<RwLockReadGuard<'static, ()>>, alone: Option<RwLockWriteGuard<'static, ()>>) -> Hold {
    Hold {
        _shared: shared,
        _alone: alone,
    }
}
