//! What became of each fault: how soon the shop was back, how everybody was answered meanwhile, what did not hold.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::journal::{Kind, Said, Try};
use super::rows::{Row, VIEWS_BACK};

/// What the design asks for after the end of a fault (DESIGN.md §11, 10).
const WRITES_BACK: Duration = Duration::from_secs(1);
/// A machine that builds and tests at the same time may take so much longer for everything. What took longer than the
/// design asks for is marked in the table all the same.
const SLACK: Duration = Duration::from_secs(5);
/// More sentences of one fault than these help nobody.
const MOST_SENTENCES: usize = 20;

pub struct Outcome {
    name: &'static str,
    pub write_back: Option<Duration>,
    pub fresh_back: Option<Duration>,
    /// The longest time without a success during the fault: commands, views.
    pub silence: (Duration, Duration),
    statuses: BTreeMap<String, usize>,
    slowest: (Duration, Duration),
    pub violations: Vec<String>,
}

impl Outcome {
    pub fn of(row: &Row) -> Self {
        Self {
            name: row.name,
            write_back: None,
            fresh_back: None,
            silence: (Duration::ZERO, Duration::ZERO),
            statuses: BTreeMap::new(),
            slowest: (Duration::ZERO, Duration::ZERO),
            violations: vec![],
        }
    }

    pub fn at_the_end() -> Self {
        Self {
            name: "the end",
            write_back: Some(Duration::ZERO),
            fresh_back: Some(Duration::ZERO),
            silence: (Duration::ZERO, Duration::ZERO),
            statuses: BTreeMap::new(),
            slowest: (Duration::ZERO, Duration::ZERO),
            violations: vec![],
        }
    }

    /// Invariant 10.
    pub fn judge_times(&mut self, row: &Row) {
        for (what, back, limit) in [
            ("commands", self.write_back, WRITES_BACK),
            ("views", self.fresh_back, row.fresh_within),
        ] {
            match back {
                None => self
                    .violations
                    .push(format!("I10: {what} did not come back by themselves")),
                Some(back) if back > limit + SLACK => self.violations.push(format!(
                    "I10: {what} came back {:.1} s after the fault",
                    back.as_secs_f64()
                )),
                Some(_) => {}
            }
        }
    }

    /// Invariant 9.
    pub fn judge_tries(&mut self, row: &Row, tries: &[Try]) {
        for one in tries {
            let (limit, slowest) = match one.kind {
                Kind::Command => (row.answers_within.command, &mut self.slowest.0),
                Kind::Query => (row.answers_within.query, &mut self.slowest.1),
            };
            *slowest = one.took.max(*slowest);
            if one.took > limit + SLACK / 2 {
                self.violations.push(format!(
                    "I9: {} waited {:.1} s and was told {}",
                    one.name,
                    one.took.as_secs_f64(),
                    words(&one.said)
                ));
            }
            match &one.said {
                Said::Answered {
                    status: 200..=299, ..
                } => {}
                Said::Answered {
                    status, says_when, ..
                } => {
                    *self.statuses.entry(status.to_string()).or_default() += 1;
                    if matches!(status, 429 | 502..=504) && !says_when {
                        self.violations.push(format!(
                            "I9: {} was told {status} and not when to come again",
                            one.name
                        ));
                    }
                    if *status == 500 {
                        self.violations.push(format!("I9: {} was told 500", one.name));
                    }
                }
                Said::Lost(_) => *self.statuses.entry("lost".to_owned()).or_default() += 1,
            }
        }
    }

    pub fn sentences(&self) -> Vec<String> {
        let more = self.violations.len().saturating_sub(MOST_SENTENCES);
        let shown = self.violations.iter().take(MOST_SENTENCES).cloned();
        let rest = (more > 0).then(|| format!("and {more} more"));
        shown
            .chain(rest)
            .map(|sentence| format!("{}: {sentence}", self.name))
            .collect()
    }

    pub fn line(&self) -> String {
        let back = |back: Option<Duration>, limit| match back {
            None => "never".to_owned(),
            Some(back) => format!("{:.1}{}", back.as_secs_f64(), if back > limit { "!" } else { "" }),
        };
        let statuses: Vec<_> = self
            .statuses
            .iter()
            .map(|(status, times)| format!("{times}×{status}"))
            .collect();
        format!(
            "{:<24}{:>8}{:>8}{:>10.1}{:>8.1}{:>9.1}{:>8.1}{:>6}  {}",
            self.name,
            back(self.write_back, WRITES_BACK),
            back(self.fresh_back, VIEWS_BACK),
            self.silence.0.as_secs_f64(),
            self.silence.1.as_secs_f64(),
            self.slowest.0.as_secs_f64(),
            self.slowest.1.as_secs_f64(),
            self.violations.len(),
            statuses.join(" ")
        )
    }
}

fn words(said: &Said) -> String {
    match said {
        Said::Answered { status, problem, .. } => format!("{status} {problem}"),
        Said::Lost(what) => what.clone(),
    }
}

pub fn of(outcomes: &[Outcome]) -> String {
    let mut text = String::from(
        "\n                          back, s after the end  away, s           slowest, s\n\
         fault                      write   fresh   write   fresh  command   query  viol.  answers that were no success\n",
    );
    for outcome in outcomes {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{}", outcome.line());
    }
    text
}
