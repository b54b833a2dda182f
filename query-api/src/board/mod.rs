//! The board in memory: every product request of the view, ready to be listed and compared.
//!
//! The keeper puts in what changed in Redis; the request routes ask for lists ([`Board::page`]) and for similar titles
//! ([`Board::similar`]); the live stream asks which requests changed. Who has to do with them is not in here: that is as many as
//! there are people, and Redis is asked about one of them at a time.

mod page;

use std::collections::HashMap;

use read_model::request::{RequestSummary, You};
use read_model::{Generation, Keys, View};
use uuid::Uuid;

use crate::alike::Titles;
use crate::catalogue::words_of;
use crate::store::{Fields, InMemory};
use crate::wakes::Topic;

pub use page::{Asks, Cursor, Page, Question, Sort};

/// One generation of the requests view, as far as revision `revision`.
#[derive(Debug, Default)]
pub struct Board {
    generation: Generation,
    revision: u64,
    requests: HashMap<Uuid, Entry>,
    titles: Titles<Uuid>,
}

/// How many take part in a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub supporters: usize,
    pub followers: usize,
}

impl Counts {
    pub fn of(supporters: Option<usize>, followers: Option<usize>) -> Option<Self> {
        Some(Self {
            supporters: supporters?,
            followers: followers?,
        })
    }
}

/// A request as lists show it.
#[derive(Debug)]
pub struct Entry {
    pub id: Uuid,
    pub summary: RequestSummary,
    /// The JSON of the summary, without the counts.
    pub json: String,
    /// None: an earlier release wrote the document, with the counts in it.
    pub counts: Option<Counts>,
    /// The version that last changed more than who takes part.
    pub told: i64,
    /// Of the title.
    words: Box<[String]>,
}

impl InMemory for Board {
    const VIEW: View = View::Requests;
    const TOPIC: Topic = Topic::Requests;
    const FIELDS: &'static [&'static str] = &["summary", "told", "supporters", "followers"];

    fn new(generation: Generation) -> Self {
        Self {
            generation,
            ..Self::default()
        }
    }

    fn generation(&self) -> Generation {
        self.generation
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn keys(keys: &Keys, generation: Generation) -> (String, String) {
        (
            keys.requests_revision(generation),
            keys.requests_changed(generation),
        )
    }

    fn key(keys: &Keys, generation: Generation, id: &str) -> String {
        keys.request(generation, id)
    }

    fn apply(&mut self, changes: Vec<(String, Fields)>, revision: u64) -> Vec<Topic> {
        let mut told = vec![];
        for (id, fields) in changes {
            if let Some(entry) = Entry::parse(&id, &fields) {
                if self.told(entry.id) < Some(entry.told) {
                    told.push(Topic::Request(entry.id));
                }
                self.put(entry);
            } else {
                tracing::error!(%id, "a request cannot be read and is not shown");
            }
        }
        self.revision = revision;
        told
    }
}

impl Entry {
    fn parse(id: &str, fields: &Fields) -> Option<Self> {
        let text = |at: usize| std::str::from_utf8(fields.get(at)?.as_deref()?).ok();
        let count = |at| text(at).and_then(|text| text.parse().ok());
        let counts = Counts::of(count(2), count(3));
        let json = text(0)?.to_owned();
        let mut summary: RequestSummary = serde_json::from_str(&json).ok()?;
        if let Some(counts) = counts {
            summary.supporters = counts.supporters;
            summary.followers = counts.followers;
        }
        Some(Self {
            id: Uuid::try_parse(id).ok()?,
            words: words_of(summary.title.as_deref().unwrap_or_default()).into(),
            told: text(1)
                .and_then(|told| told.parse().ok())
                .unwrap_or(summary.version),
            summary,
            counts,
            json,
        })
    }

    /// Whether everybody may see it.
    pub fn is_public(&self) -> bool {
        self.summary.is_public()
    }
}

/// An object as it is stored, with the counts and `you` as its last members but for `more`.
pub fn complete(object: &str, counts: Option<Counts>, you: Option<You>, more: &str) -> String {
    let you = serde_json::to_string(&you).unwrap_or_else(|_| "null".to_owned());
    let open = object.strip_suffix('}').unwrap_or(object);
    let counts = counts.map_or_else(String::new, |counts| {
        let Counts {
            supporters,
            followers,
        } = counts;
        format!(",\"supporters\":{supporters},\"followers\":{followers}")
    });
    format!("{open}{counts},\"you\":{you}{more}}}")
}

impl Board {
    fn put(&mut self, entry: Entry) {
        let id = entry.id;
        let before = self.requests.get(&id);
        let title = |entry: &Entry| entry.summary.title.clone();
        if before.and_then(title) != title(&entry) || before.is_none() {
            self.titles.put(id, entry.summary.title.as_deref());
        }
        self.requests.insert(id, entry);
    }

    pub fn get(&self, id: Uuid) -> Option<&Entry> {
        self.requests.get(&id)
    }

    /// The version of a request that is in here; 0 where there is none.
    pub fn version(&self, id: Uuid) -> i64 {
        self.get(id).map_or(0, |entry| entry.summary.version)
    }

    /// The version of a request that last changed more than who takes part; none where there is no request.
    pub fn told(&self, id: Uuid) -> Option<i64> {
        self.get(id).map(|entry| entry.told)
    }

    /// Public requests with titles like this one, the most alike first, each with how alike they are (0 to 1).
    pub fn similar(&self, title: &str, limit: usize) -> Vec<(&Entry, f32)> {
        let wanted = |id: &Uuid| {
            let entry = self.requests.get(id)?;
            (entry.is_public() && entry.summary.state.is_worth_joining()).then_some(entry)
        };
        self.titles.like(title, limit, wanted)
    }
}
