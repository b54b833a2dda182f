//! Whether the loop lives, as those see it who ask from outside.

use std::time::Duration;

use tokio::sync::oneshot;

use super::super::running::run_guarded;
use super::super::spawn;
use super::*;

fn settings(url: &str) -> Settings {
    Settings {
        database_url: url.to_owned(),
        queue: 64,
        batch: 64,
        cache: NonZeroUsize::new(1000).unwrap(),
        appended: Arc::new(Notify::new()),
        leads: Arc::default(),
        policy: Arc::new(Policy::default()),
    }
}

#[tokio::test]
async fn an_idle_loop_beats_and_one_that_stands_still_does_not() {
    let (handle, _) = spawn(settings("postgres://nobody@127.0.0.1:1/none"), || {}).unwrap();
    let heartbeat = handle.heartbeat();
    // Idle for longer than the limit that is asked for.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    heartbeat.check(Duration::from_millis(1400)).unwrap();

    let url = database().await;
    let standing = Loop::on(&url);
    let heartbeat = standing.handle.heartbeat();
    tokio::time::sleep(Duration::from_millis(30)).await;
    let error = heartbeat.check(Duration::from_millis(20)).unwrap_err();
    assert!(error.contains("has not moved"), "{error}");
    heartbeat.check(super::super::ALIVE_WITHIN).unwrap();
}

#[test]
fn a_loop_that_ends_unexpectedly_is_told_to_the_process() {
    let (heartbeat, mut is_told) = (Heartbeat::new(), false);
    run_guarded(
        &heartbeat,
        || panic!("where no command is to blame"),
        || is_told = true,
    );
    assert!(is_told);
    let error = heartbeat.check(Duration::from_mins(1)).unwrap_err();
    assert!(error.contains("has ended"), "{error}");
}

#[tokio::test]
async fn a_loop_whose_last_handle_is_gone_ends_as_it_should() {
    let (told, is_told) = oneshot::channel::<()>();
    let (handle, thread) = spawn(settings("postgres://nobody@127.0.0.1:1/none"), move || {
        told.send(()).unwrap();
    })
    .unwrap();
    drop(handle);
    thread.join().unwrap();
    assert!(is_told.await.is_err(), "nothing was to be told");
}
