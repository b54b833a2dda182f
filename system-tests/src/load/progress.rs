//! How far a run is, on stderr once a second, where a person watches.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Options;

const EVERY: Duration = Duration::from_secs(1);

/// Tells how many of `all` are done or in hand, until what it gives back is dropped.
pub fn tell_progress(
    options: &Options,
    of: &'static str,
    begun: &Rc<Cell<usize>>,
    all: usize,
) -> JoinSet<()> {
    let mut watcher = JoinSet::new();
    if options.progress {
        let begun = Rc::clone(begun);
        watcher.spawn_local(async move {
            loop {
                sleep(EVERY).await;
                eprintln!("{} of {all} {of}", begun.get().min(all));
            }
        });
    }
    watcher
}
