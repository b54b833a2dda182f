//! The words that there are, each with a number: most of them in a finite state transducer, which cannot be changed, and those that
//! came later in a map beside it until [`Merge`] makes both one again.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use fst::{Automaton, IntoStreamer, Map, MapBuilder, Streamer};
use levenshtein_automata::{DFA, Distance, SINK_STATE};

/// So many fresh words are looked through one by one without that being felt.
pub const MANY_FRESH: usize = 1_000;

pub struct Dictionary {
    merged: Arc<Map<Vec<u8>>>,
    fresh: BTreeMap<Box<str>, u32>,
    count: u32,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self {
            merged: Arc::new(Map::default()),
            fresh: BTreeMap::new(),
            count: 0,
        }
    }
}

/// A word that was found, and how far it is from the one that was looked for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    pub distance: u8,
    pub word: String,
    pub number: u32,
}

struct Typos<'d>(&'d DFA);

impl Automaton for Typos<'_> {
    type State = u32;

    fn start(&self) -> u32 {
        self.0.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.0.distance(*state), Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        *state != SINK_STATE
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.0.transition(*state, byte)
    }
}

impl Dictionary {
    pub fn get(&self, word: &str) -> Option<u32> {
        let fresh = self.fresh.get(word).copied();
        fresh.or_else(|| {
            self.merged
                .get(word)
                .and_then(|number| u32::try_from(number).ok())
        })
    }

    /// Gives a number to a word that has none.
    pub fn add(&mut self, word: &str) -> u32 {
        let number = self.count;
        self.fresh.insert(word.into(), number);
        self.count += 1;
        number
    }

    pub fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// The first `most` words in alphabetical order that begin with `beginning` and are wanted.
    pub fn beginning_with(&self, beginning: &str, most: usize, wanted: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut found: Vec<(String, u32)> = vec![];
        let mut stream = self.merged.range().ge(beginning).into_stream();
        while let Some((word, number)) = stream.next() {
            if found.len() == most || !word.starts_with(beginning.as_bytes()) {
                break;
            }
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            if wanted(number) {
                found.push((String::from_utf8_lossy(word).into_owned(), number));
            }
        }
        let from = (Bound::Included(beginning), Bound::Unbounded);
        let fresh = self.fresh.range::<str, _>(from);
        let fresh = fresh.take_while(|(word, _)| word.starts_with(beginning));
        let fresh = fresh.filter(|(_, number)| wanted(**number)).take(most);
        found.extend(fresh.map(|(word, number)| (word.to_string(), *number)));
        found.sort_unstable();
        found.truncate(most);
        found.into_iter().map(|(_, number)| number).collect()
    }

    /// The `most` nearest words that `dfa` accepts and are wanted.
    pub fn near(&self, dfa: &DFA, most: usize, wanted: impl Fn(u32) -> bool) -> Vec<Near> {
        let mut found = vec![];
        let mut stream = self.merged.search_with_state(Typos(dfa)).into_stream();
        while let Some((word, number, state)) = stream.next() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            if let Distance::Exact(distance) = dfa.distance(state)
                && wanted(number)
            {
                let word = String::from_utf8_lossy(word).into_owned();
                found.push(Near {
                    distance,
                    word,
                    number,
                });
            }
        }
        for (word, number) in &self.fresh {
            if let Distance::Exact(distance) = dfa.eval(word.as_bytes())
                && wanted(*number)
            {
                found.push(Near {
                    distance,
                    word: word.to_string(),
                    number: *number,
                });
            }
        }
        found.sort_unstable();
        found.truncate(most);
        found
    }

    /// What is needed to make one transducer of all words, where nobody waits for it.
    pub fn merge(&self) -> Merge {
        Merge {
            from: Arc::clone(&self.merged),
            fresh: self.fresh.clone(),
        }
    }

    /// Takes in what [`Merge::run`] has made; whatever became fresh meanwhile stays so.
    pub fn take(&mut self, merged: Merged) {
        if Arc::ptr_eq(&merged.from, &self.merged) {
            self.fresh
                .retain(|word, _| !merged.words.contains_key(word.as_bytes()));
            self.merged = Arc::new(merged.words);
        }
    }
}

pub struct Merge {
    from: Arc<Map<Vec<u8>>>,
    fresh: BTreeMap<Box<str>, u32>,
}

pub struct Merged {
    from: Arc<Map<Vec<u8>>>,
    words: Map<Vec<u8>>,
}

impl Merge {
    /// A third of a second for 200,000 words.
    pub fn run(self) -> fst::Result<Merged> {
        let mut builder = MapBuilder::memory();
        let mut old = self.from.stream();
        let mut fresh = self.fresh.iter().peekable();
        while let Some((word, number)) = old.next() {
            while let Some((new, number)) = fresh.next_if(|(new, _)| new.as_bytes() < word) {
                builder.insert(new.as_bytes(), u64::from(*number))?;
            }
            builder.insert(word, number)?;
        }
        for (new, number) in fresh {
            builder.insert(new.as_bytes(), u64::from(*number))?;
        }
        Ok(Merged {
            words: builder.into_map(),
            from: self.from,
        })
    }
}

#[cfg(test)]
mod tests {
    use levenshtein_automata::LevenshteinAutomatonBuilder;

    use super::*;

    fn merge(dictionary: &mut Dictionary) {
        let merged = dictionary.merge().run().unwrap();
        dictionary.take(merged);
    }

    fn dictionary(merged: &[&str], fresh: &[&str]) -> Dictionary {
        let mut dictionary = Dictionary::default();
        for word in merged {
            dictionary.add(word);
        }
        merge(&mut dictionary);
        for word in fresh {
            dictionary.add(word);
        }
        dictionary
    }

    #[test]
    fn words_keep_their_numbers_when_they_are_merged() {
        let mut words = dictionary(&["mug", "lamp"], &["teapot", "bell"]);
        for _ in 0..2 {
            let numbers = ["mug", "lamp", "teapot", "bell", "none"].map(|word| words.get(word));
            assert_eq!(numbers, [Some(0), Some(1), Some(2), Some(3), None]);
            assert_eq!(words.beginning_with("te", 9, |_| true), [2]);
            assert_eq!(words.beginning_with("", 2, |number| number != 3), [1, 0]);
            merge(&mut words);
            assert_eq!(words.fresh(), 0);
        }
    }

    #[test]
    fn a_word_that_came_during_a_merge_stays_fresh() {
        let mut words = dictionary(&["mug"], &["lamp"]);
        let (slow, late) = (words.merge(), words.merge());
        words.add("bell");
        words.take(slow.run().unwrap());
        assert_eq!(
            (words.fresh(), words.get("bell"), words.get("lamp")),
            (1, Some(2), Some(1))
        );
        // Made from what is no more.
        words.take(late.run().unwrap());
        assert_eq!(
            (words.fresh(), words.get("bell"), words.get("lamp")),
            (1, Some(2), Some(1))
        );
    }

    #[test]
    fn near_words_come_nearest_first() {
        let words = dictionary(&["kettle", "nettle", "mug"], &["kettles"]);
        let dfa = LevenshteinAutomatonBuilder::new(2, true).build_dfa("kettel");
        let near = words.near(&dfa, 9, |_| true);
        let near: Vec<_> = near
            .iter()
            .map(|near| (near.word.as_str(), near.distance))
            .collect();
        assert_eq!(near, [("kettle", 1), ("kettles", 2), ("nettle", 2)]);
    }
}
