//! The board in memory: every product request of the view, ready to be listed and compared.
//!
//! The keeper puts in what changed in Redis; the request routes ask for lists ([`Board::page`]) and for similar titles
//! ([`Board::similar`]); the live stream asks which requests changed. Who has to do with them is not in here: that is as many as
//! there are people, and Redis is asked about one of them at a time.

mod page;

use std::collections::HashMap;

use read_model::request::{RequestSummary, You};
use read_model::{Generation, Keys, View};
use roaring::RoaringBitmap;
use uuid::Uuid;

use crate::search::{Finder, Index, Query, Texts};
use crate::store::{Fields, InMemory};
use crate::wakes::Topic;

pub use page::{Asks, Cursor, Page, Question, Sort};

/// One generation of the requests view, as far as revision `revision`.
#[derive(Debug, Default)]
pub struct Board {
    generation: Generation,
    revision: u64,
    /// Given when a request is first seen, and to no other in this generation.
    numbers: HashMap<Uuid, u32>,
    /// By number.
    requests: Vec<Entry>,
    all: RoaringBitmap,
    /// Those that everybody may see.
    public: RoaringBitmap,
    /// Of the titles.
    index: Index,
}

/// Whatever is less like a title is something else.
const ALIKE: f32 = 0.3;

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
}

impl InMemory for Board {
    const VIEW: View = View::Requests;
    const TOPIC: Topic = Topic::Requests;
    const FIELDS: &'static [&'static str] = &["summary", "told", "supporters", "followers"];

    type Change = Entry;

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

    fn parse(id: String, fields: Fields) -> Option<Entry> {
        let entry = Entry::parse(&id, &fields);
        if entry.is_none() {
            tracing::error!(%id, "a request cannot be read and is not shown");
        }
        entry
    }

    fn take(&mut self, entry: Entry) -> Option<Topic> {
        let topic = (self.told(entry.id) < Some(entry.told)).then_some(Topic::Request(entry.id));
        self.put(entry);
        topic
    }

    fn reach(&mut self, revision: u64) {
        self.revision = revision;
    }

    fn index(&mut self) -> &mut Index {
        &mut self.index
    }

    fn index_now(&self) -> &Index {
        &self.index
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
            told: text(1)
                .and_then(|told| told.parse().ok())
                .unwrap_or(summary.version),
            summary,
            counts,
            json,
        })
    }

    fn texts(&self) -> Texts<'_> {
        Texts {
            name: self.summary.title.as_deref().unwrap_or_default(),
            ..Texts::default()
        }
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
        let next = u32::try_from(self.requests.len()).expect("fewer requests than four billion");
        let number = *self.numbers.entry(entry.id).or_insert(next);
        let before = self.requests.get(number as usize);
        if before.map(Entry::texts) != Some(entry.texts()) {
            if let Some(before) = before {
                self.index.take(number, &before.texts());
            }
            self.index.put(number, &entry.texts());
        }
        self.all.insert(number);
        if entry.is_public() {
            self.public.insert(number);
        } else {
            self.public.remove(number);
        }
        match self.requests.get_mut(number as usize) {
            Some(held) => *held = entry,
            None => self.requests.push(entry),
        }
    }

    pub fn get(&self, id: Uuid) -> Option<&Entry> {
        self.numbers
            .get(&id)
            .map(|number| &self.requests[*number as usize])
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
        let query = Query::parse(title);
        let mut finder = Finder::new(&self.index, query.words(), &self.public);
        let found = finder.any();
        let alike = finder
            .likeness(&found)
            .into_iter()
            .filter(|(_, likeness)| *likeness >= ALIKE);
        let alike = alike.map(|(number, likeness)| (&self.requests[number as usize], likeness));
        let mut alike: Vec<_> = alike
            .filter(|(entry, _)| entry.summary.state.is_worth_joining())
            .collect();
        alike.sort_unstable_by(|(one, likeness), (other, less)| {
            let length = |entry: &Entry| entry.texts().name.len();
            let rank = less.total_cmp(likeness);
            rank.then(length(one).cmp(&length(other)))
                .then(one.id.cmp(&other.id))
        });
        alike.truncate(limit);
        alike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(titles: &[&str]) -> Board {
        let mut board = Board::new(1);
        for (number, title) in (0_u128..).zip(titles) {
            put(&mut board, number, title);
        }
        board
    }

    fn put(board: &mut Board, number: u128, title: &str) {
        let id = Uuid::from_u128(number);
        let summary = serde_json::json!({
            "id": id, "version": 1, "kind": "missing_product", "state": "submitted", "title": title, "sku": null, "quantity": null,
            "comments": 0, "hidden": number % 2 == 1, "duplicate_of": null,
            "created_at": "2026-03-01T09:00:00Z", "updated_at": "2026-03-01T09:00:00Z",
        });
        let fields = [
            summary.to_string(),
            "1".to_owned(),
            "1".to_owned(),
            "1".to_owned(),
        ];
        let fields = fields.map(|field| Some(field.into_bytes())).to_vec();
        board.apply(vec![(id.to_string(), fields)], 1);
    }

    fn like(board: &Board, title: &str) -> Vec<u128> {
        let found = board.similar(title, 3);
        found.into_iter().map(|(entry, _)| entry.id.as_u128()).collect()
    }

    /// Every other one is hidden.
    const TITLES: [&str; 8] = [
        "Stoneware mug for the left hand",
        "A teapot for two",
        "A teapot for two",
        "",
        "Left-handed scissors",
        "",
        "Teapots, large ones",
        "Café crème bowl",
    ];

    #[test]
    fn the_most_alike_comes_first() {
        let board = board(&TITLES);
        assert_eq!(like(&board, "teapot for two"), [2, 6]);
        assert_eq!(like(&board, "mug, left hand, stoneware")[0], 0);
        assert_eq!(like(&board, "bicycle"), [0; 0]);
        assert_eq!(like(&board, ""), [0; 0]);
    }

    #[test]
    fn a_typo_and_a_word_that_is_not_finished_find_it_too() {
        let board = board(&TITLES);
        assert_eq!(like(&board, "taepot for two")[0], 2);
        assert_eq!(like(&board, "stonewar")[0], 0);
        assert_eq!(like(&board, "teh left hand")[0], 0);
    }

    #[test]
    fn a_title_that_was_replaced_is_not_found_any_more() {
        let mut board = board(&TITLES);
        put(&mut board, 2, "A kettle for ten");
        put(&mut board, 6, "");
        assert_eq!(like(&board, "teapot"), [0; 0]);
        assert_eq!(like(&board, "kettle"), [2]);
    }

    /// What nobody may see does not take the place of what they may.
    #[test]
    fn as_many_as_are_wanted_are_found_among_those_that_may_be_seen() {
        let board = board(&["A teapot for two"; 10]);
        assert_eq!(like(&board, "teapot"), [0, 2, 4]);
    }
}
