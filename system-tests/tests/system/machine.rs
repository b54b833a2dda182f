//! Who has the machine: tests that say how long something may take have it alone, and all others share it.

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static MACHINE: RwLock<()> = RwLock::const_new(());

/// Nothing that limits how long it takes. Not twice in one test: whoever wants to be alone may be waiting in between.
pub async fn shared() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().await
}

pub async fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().await
}

/// The same outside of a runtime.
pub fn alone_blocking() -> RwLockWriteGuard<'static, ()> {
    MACHINE.blocking_write()
}
