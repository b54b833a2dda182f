//! Points where a test can make a real process fail: `FAILPOINTS="relay.after_produce=exit"`.
//!
//! A list separated by `;` of `name=action`. Actions: `exit` (the process is gone, as if killed:
//! nothing is flushed, code 137), `panic`, `sleep:MS` (the calling thread stands still), `stop` (the process stands still
//! until somebody sends it SIGCONT, so that a test can break something else in exactly this moment). `after:N:`
//! before an action lets N hits pass first. Without the variable a failpoint costs one relaxed load;
//! binaries refuse to start with it unless they run with `--dev` ([`failpoints_configured`]).

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::InitError;

/// What a shell reports for a process that was killed (128 + SIGKILL).
const KILLED: i32 = 137;

static ARMED: AtomicBool = AtomicBool::new(false);
static FAILPOINTS: OnceLock<Vec<Failpoint>> = OnceLock::new();

struct Failpoint {
    name: String,
    passes: u64,
    action: Action,
    hits: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Exit,
    Panic,
    Sleep(Duration),
    Stop,
}

/// Fails here, if the environment asked for it.
#[inline]
pub fn failpoint(name: &str) {
    if ARMED.load(Ordering::Relaxed) {
        hit(FAILPOINTS.get().map_or(&[], Vec::as_slice), name);
    }
}

/// The same for one of many that come past here: `name/subject=action`.
#[inline]
pub fn failpoint_of(name: &str, subject: fmt::Arguments<'_>) {
    if ARMED.load(Ordering::Relaxed) {
        hit(
            FAILPOINTS.get().map_or(&[], Vec::as_slice),
            &format!("{name}/{subject}"),
        );
    }
}

/// Whether `FAILPOINTS` was set when the process began.
pub fn failpoints_configured() -> bool {
    ARMED.load(Ordering::Relaxed)
}

pub(crate) fn arm_from_environment() -> Result<(), InitError> {
    let Ok(list) = std::env::var("FAILPOINTS") else {
        return Ok(());
    };
    let failpoints = parse(&list).map_err(InitError::Failpoints)?;
    if !failpoints.is_empty() && FAILPOINTS.set(failpoints).is_ok() {
        ARMED.store(true, Ordering::Relaxed);
    }
    Ok(())
}

fn parse(list: &str) -> Result<Vec<Failpoint>, String> {
    let entries = list.split(';').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(parse_one).collect()
}

fn parse_one(entry: &str) -> Result<Failpoint, String> {
    let (name, action) = entry
        .split_once('=')
        .ok_or_else(|| format!("`{entry}` is not `name=action`"))?;
    let number = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| format!("`{text}` in `{entry}` is not a number"))
    };
    let (passes, action) = match action.strip_prefix("after:") {
        None => (0, action),
        Some(rest) => {
            let (passes, action) = rest
                .split_once(':')
                .ok_or_else(|| format!("`{entry}` lacks an action after `after:N:`"))?;
            (number(passes)?, action)
        }
    };
    let action = match action.split_once(':') {
        None if action == "exit" => Action::Exit,
        None if action == "panic" => Action::Panic,
        None if action == "stop" => Action::Stop,
        Some(("sleep", milliseconds)) => Action::Sleep(Duration::from_millis(number(milliseconds)?)),
        _ => {
            return Err(format!(
                "`{action}` in `{entry}` is not `exit`, `panic`, `stop` or `sleep:MS`"
            ));
        }
    };
    Ok(Failpoint {
        name: name.trim().to_owned(),
        passes,
        action,
        hits: AtomicU64::new(0),
    })
}

#[cold]
fn hit(failpoints: &[Failpoint], name: &str) {
    for failpoint in failpoints.iter().filter(|failpoint| failpoint.name == name) {
        if failpoint.hits.fetch_add(1, Ordering::Relaxed) < failpoint.passes {
            continue;
        }
        match failpoint.action {
            Action::Exit => {
                eprintln!("failpoint {name}: exit");
                std::process::exit(KILLED);
            }
            Action::Panic => panic!("failpoint {name}"),
            Action::Sleep(time) => thread::sleep(time),
            // Once: it goes on where it stood.
            Action::Stop if failpoint.hits.load(Ordering::Relaxed) == failpoint.passes + 1 => stop(),
            Action::Stop => {}
        }
    }
}

/// Without a signal of its own: a library that forbids unsafe code has none.
fn stop() {
    let own = std::process::id().to_string();
    if let Err(error) = std::process::Command::new("kill").args(["-STOP", &own]).status() {
        tracing::error!(%error, "a failpoint cannot stop its process");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_points_and_actions() {
        let failpoints = parse("a.b=exit; c=after:2:sleep:15 ;d=panic;e=stop").unwrap();
        let read: Vec<_> = failpoints
            .iter()
            .map(|f| (f.name.as_str(), f.passes, f.action))
            .collect();
        let pause = Action::Sleep(Duration::from_millis(15));
        assert_eq!(
            read,
            [
                ("a.b", 0, Action::Exit),
                ("c", 2, pause),
                ("d", 0, Action::Panic),
                ("e", 0, Action::Stop)
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_text() {
        for wrong in ["a", "a=explode", "a=sleep:soon", "a=after:1", "a=after:x:exit"] {
            let refusal = parse(wrong).err().unwrap_or_default();
            assert!(refusal.contains('`'), "{wrong} gave {refusal:?}");
        }
    }

    #[test]
    fn hits_pass_until_their_number_is_reached() {
        let failpoints = parse("a=after:2:panic").unwrap();
        hit(&failpoints, "a");
        hit(&failpoints, "b");
        hit(&failpoints, "a");
        let third = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hit(&failpoints, "a")));
        assert!(third.is_err());
    }

    #[test]
    fn nothing_happens_where_nothing_was_asked_for() {
        failpoint("command_loop.after_commit");
        assert!(!failpoints_configured());
    }
}
