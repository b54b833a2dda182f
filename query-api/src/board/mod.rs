//! The board in memory: every product request of the view, ready to be listed and compared.
//!
//! The keeper puts in what changed in Redis; the request routes ask for lists ([`Board::page`]), for similar titles
//! ([`Board::similar`]) and for somebody's own; the live stream asks which of those changed.

mod page;

use std::collections::{HashMap, HashSet};

use read_model::request::{People, RequestSummary};
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
    /// The requests that somebody has to do with.
    of_people: HashMap<Uuid, HashSet<Uuid>>,
    titles: Titles<Uuid>,
}

/// A request as lists show it.
#[derive(Debug)]
pub struct Entry {
    pub id: Uuid,
    pub summary: RequestSummary,
    /// The JSON of the summary.
    pub json: String,
    pub people: People,
    /// Of the title.
    words: Box<[String]>,
}

impl InMemory for Board {
    const VIEW: View = View::Requests;
    const TOPIC: Topic = Topic::Requests;
    const FIELDS: &'static [&'static str] = &["summary", "people"];

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

    fn apply(&mut self, changes: Vec<(String, Fields)>, revision: u64) {
        for (id, fields) in changes {
            if let Some(entry) = Entry::parse(&id, fields) {
                self.put(entry);
            } else {
                tracing::error!(%id, "a request cannot be read and is not shown");
            }
        }
        self.revision = revision;
    }
}

impl Entry {
    fn parse(id: &str, fields: Fields) -> Option<Self> {
        let mut fields = fields.into_iter().flatten();
        let (json, people) = (String::from_utf8(fields.next()?).ok()?, fields.next()?);
        let summary: RequestSummary = serde_json::from_str(&json).ok()?;
        Some(Self {
            id: Uuid::try_parse(id).ok()?,
            words: words_of(summary.title.as_deref().unwrap_or_default()).into(),
            summary,
            people: serde_json::from_slice(&people).ok()?,
            json,
        })
    }

    /// Whether everybody may see it.
    pub fn is_public(&self) -> bool {
        self.summary.is_public()
    }

    /// The JSON of the summary, with what `account` has to do with it and whatever else is to be said.
    pub fn told_to(&self, account: Option<Uuid>, more: &str) -> String {
        with_you(&self.json, &self.people, account, more)
    }
}

/// An object as it is stored, with `you` as its last member but for `more`.
pub fn with_you(object: &str, people: &People, account: Option<Uuid>, more: &str) -> String {
    let you = account.map(|account| people.you(account));
    let you = serde_json::to_string(&you).unwrap_or_else(|_| "null".to_owned());
    let open = object.strip_suffix('}').unwrap_or(object);
    format!("{open},\"you\":{you}{more}}}")
}

impl Board {
    fn put(&mut self, entry: Entry) {
        let id = entry.id;
        let before = self.requests.get(&id);
        let people = entry.people.all();
        for owner in before.map(|before| before.people.all()).unwrap_or_default() {
            if !people.contains(&owner)
                && let Some(theirs) = self.of_people.get_mut(&owner)
            {
                theirs.remove(&id);
            }
        }
        for owner in people {
            self.of_people.entry(owner).or_default().insert(id);
        }
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

    /// The requests that somebody submitted, supports or follows.
    pub fn of_owner(&self, owner: Uuid) -> impl Iterator<Item = &Entry> {
        let ids = self.of_people.get(&owner).into_iter().flatten();
        ids.filter_map(|id| self.requests.get(id))
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
