//! Lists of requests: which, in which order, and where a page ended.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::text::{Parsed, Rule};
use read_model::request::{RequestKind, RequestState};
use uuid::Uuid;

use super::{Board, Entry};
use crate::search::{Finder, Query};

/// Who asks for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    Anybody,
    /// Sees what is hidden and private, too.
    Staff,
    /// Asks for these: what they submitted, support or follow.
    Owner(Vec<Uuid>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Support,
    Newest,
    Oldest,
    /// What changed last comes first.
    Changed,
}

#[derive(Debug, Clone)]
pub struct Question {
    pub asks: Asks,
    pub query: Query,
    pub kind: Option<RequestKind>,
    /// Empty: those that did not go away; for staff and owners all.
    pub states: Vec<RequestState>,
    pub sku: Option<String>,
    pub sort: Sort,
    pub limit: usize,
    pub after: Option<Cursor>,
}

pub struct Page<'b> {
    pub requests: Vec<&'b Entry>,
    pub next: Option<Cursor>,
    pub total: usize,
    /// How many there are of each state, whatever states were asked for.
    pub states: BTreeMap<RequestState, usize>,
}

/// A place in a list: the higher the rank, the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    rank: std::cmp::Reverse<i64>,
    id: Uuid,
}

impl Parsed for Sort {
    fn rule() -> Rule {
        Rule {
            one_of: &["support", "newest", "oldest"],
            ..Rule::new("RequestOrder", "In which order.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        match text {
            "support" => Ok(Self::Support),
            "newest" => Ok(Self::Newest),
            "oldest" => Ok(Self::Oldest),
            _ => Err(format!("must be one of {}", Self::rule().one_of.join(", "))),
        }
    }
}

impl Sort {
    const fn letter(self) -> char {
        match self {
            Self::Support => 's',
            Self::Newest => 'n',
            Self::Oldest => 'o',
            Self::Changed => 'c',
        }
    }

    fn place(self, entry: &Entry) -> Cursor {
        let summary = &entry.summary;
        let rank = match self {
            Self::Support => i64::try_from(summary.supporters).unwrap_or(i64::MAX),
            Self::Newest => summary.created_micros(),
            Self::Oldest => -summary.created_micros(),
            Self::Changed => summary.updated_micros(),
        };
        Cursor {
            rank: std::cmp::Reverse(rank),
            id: entry.id,
        }
    }
}

impl Cursor {
    pub fn write(self, sort: Sort) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}{}/{}", sort.letter(), self.rank.0, self.id.simple()))
    }

    /// Reads a text of ours; a cursor of another order is none.
    pub fn read(sort: Sort, text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (rank, id) = text.strip_prefix(sort.letter())?.split_once('/')?;
        Some(Self {
            rank: std::cmp::Reverse(rank.parse().ok()?),
            id: Uuid::try_parse(id).ok()?,
        })
    }
}

impl Question {
    fn wants(&self, entry: &Entry) -> bool {
        let summary = &entry.summary;
        let may_see = match self.asks {
            Asks::Anybody => entry.is_public(),
            Asks::Staff | Asks::Owner(_) => true,
        };
        may_see
            && self.kind.is_none_or(|kind| kind == summary.kind)
            && self
                .sku
                .as_ref()
                .is_none_or(|sku| summary.sku.as_ref().is_some_and(|own| own.as_str() == sku))
    }

    fn wants_state(&self, state: RequestState) -> bool {
        if !self.states.is_empty() {
            return self.states.contains(&state);
        }
        match self.asks {
            Asks::Anybody => !state.is_gone(),
            Asks::Staff | Asks::Owner(_) => true,
        }
    }
}

impl Board {
    pub fn page(&self, question: &Question) -> Page<'_> {
        let mut states = BTreeMap::new();
        let mut found: Vec<(Cursor, &Entry)> = vec![];
        let mut take = |entry| {
            if question.wants(entry) {
                *states.entry(entry.summary.state).or_default() += 1;
                if question.wants_state(entry.summary.state) {
                    found.push((question.sort.place(entry), entry));
                }
            }
        };
        match (&question.asks, &question.query) {
            (_, Query::WithoutWords) => {}
            (asks, Query::Words(words)) => {
                let all = match asks {
                    Asks::Anybody => self.public.clone(),
                    Asks::Staff => self.all.clone(),
                    Asks::Owner(own) => own.iter().filter_map(|id| self.numbers.get(id)).collect(),
                };
                let with_words = Finder::new(&self.index, words, &all).all();
                with_words
                    .iter()
                    .filter_map(|number| self.requests.get(number as usize))
                    .for_each(&mut take);
            }
            (Asks::Anybody | Asks::Staff, Query::None) => self.requests.iter().for_each(&mut take),
            (Asks::Owner(own), Query::None) => own.iter().filter_map(|id| self.get(*id)).for_each(&mut take),
        }
        let total = found.len();
        if let Some(after) = question.after {
            found.retain(|(place, _)| *place > after);
        }
        let has_more = found.len() > question.limit;
        if has_more {
            // Only those of the page have to be in order.
            found.select_nth_unstable_by_key(question.limit, |(place, _)| *place);
            found.truncate(question.limit);
        }
        found.sort_unstable_by_key(|(place, _)| *place);
        Page {
            next: found.last().map(|(place, _)| *place).filter(|_| has_more),
            requests: found.into_iter().map(|(_, entry)| entry).collect(),
            total,
            states,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_by_its_own_order_alone() {
        let cursor = Cursor {
            rank: std::cmp::Reverse(-7),
            id: Uuid::from_u128(9),
        };
        let text = cursor.write(Sort::Oldest);
        assert_eq!(Cursor::read(Sort::Oldest, &text), Some(cursor));
        assert_eq!(Cursor::read(Sort::Newest, &text), None);
        assert_eq!(Cursor::read(Sort::Oldest, "%%"), None);
    }
}
