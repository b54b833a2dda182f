//! Which titles are like another, those of requests and of products: by the trigrams of their words, as PostgreSQL's `pg_trgm` has them, so that a typo, another
//! order of words or a word that is not finished yet still finds them.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use crate::catalogue::words_of;

/// What is less alike than this is something else.
const ALIKE: f32 = 0.3;

/// Every title, by its trigrams.
#[derive(Debug)]
pub struct Titles<Id> {
    places: HashMap<Id, usize>,
    /// Whose title it is and how many trigrams it has; none once it was taken out.
    entries: Vec<Option<(Id, usize)>>,
    postings: HashMap<[char; 3], Vec<u32>>,
}

impl<Id> Default for Titles<Id> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            entries: vec![],
            postings: HashMap::new(),
        }
    }
}

impl<Id: Clone + Eq + Hash + Ord> Titles<Id> {
    /// Replaces the title of `id`. What was there stays in the postings as a place without a title.
    pub fn put(&mut self, id: Id, title: Option<&str>) {
        if let Some(place) = self.places.remove(&id) {
            self.entries[place] = None;
        }
        let trigrams = title.map(trigrams_of).unwrap_or_default();
        let Ok(place) = u32::try_from(self.entries.len()) else {
            return;
        };
        if trigrams.is_empty() {
            return;
        }
        self.places.insert(id.clone(), self.entries.len());
        self.entries.push(Some((id, trigrams.len())));
        for trigram in trigrams {
            self.postings.entry(trigram).or_default().push(place);
        }
    }

    /// Those that `find` wants, the most alike first.
    pub fn like<T>(&self, title: &str, limit: usize, find: impl Fn(&Id) -> Option<T>) -> Vec<(T, f32)> {
        let asked = trigrams_of(title);
        let mut shared = vec![0_u16; self.entries.len()];
        for place in asked
            .iter()
            .filter_map(|trigram| self.postings.get(trigram))
            .flatten()
        {
            if let Some(count) = shared.get_mut(*place as usize) {
                *count += 1;
            }
        }
        let mut alike: Vec<(f32, &Id)> = shared
            .iter()
            .zip(&self.entries)
            .filter(|(count, _)| **count > 0)
            .filter_map(|(count, title)| {
                let (id, length) = title.as_ref()?;
                let score = score(usize::from(*count), asked.len(), *length);
                (score >= ALIKE).then_some((score, id))
            })
            .collect();
        alike.sort_unstable_by(|(score, id), (other, of)| other.total_cmp(score).then(id.cmp(of)));
        let found = alike
            .into_iter()
            .filter_map(|(score, id)| Some((find(id)?, score)));
        found.take(limit).collect()
    }
}

/// How much of both is the same (Dice), and how much of what was asked is there: whoever types has not finished.
#[expect(
    clippy::cast_precision_loss,
    reason = "titles have some hundred trigrams at most"
)]
fn score(shared: usize, asked: usize, length: usize) -> f32 {
    let (shared, asked, length) = (shared as f32, asked as f32, length as f32);
    f32::midpoint(2.0 * shared / (asked + length), shared / asked)
}

/// The distinct trigrams of a text's words, each word with two spaces before it and one behind.
fn trigrams_of(text: &str) -> BTreeSet<[char; 3]> {
    let mut trigrams = BTreeSet::new();
    for word in words_of(text) {
        let padded: Vec<char> = "  ".chars().chain(word.chars()).chain([' ']).collect();
        trigrams.extend(padded.windows(3).map(|window| [window[0], window[1], window[2]]));
    }
    trigrams
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn like(titles: &[&str], asked: &str) -> Vec<usize> {
        let mut index = Titles::default();
        for (number, title) in (0_u128..).zip(titles) {
            index.put(Uuid::from_u128(number), Some(title));
        }
        let found = index.like(asked, 5, |id| Some(*id));
        let places = found.iter().map(|(id, _)| usize::try_from(id.as_u128()).unwrap());
        places.collect()
    }

    const TITLES: [&str; 4] = [
        "Stoneware mug for the left hand",
        "A teapot for two",
        "Left-handed scissors",
        "Teapots, large ones",
    ];

    #[test]
    fn the_most_alike_comes_first() {
        assert_eq!(like(&TITLES, "teapot for two"), [1, 3]);
        assert_eq!(like(&TITLES, "mug, left hand, stoneware")[0], 0);
        assert_eq!(like(&TITLES, "bicycle"), [0; 0]);
        assert_eq!(like(&TITLES, ""), [0; 0]);
    }

    #[test]
    fn a_typo_and_a_word_that_is_not_finished_find_it_too() {
        assert_eq!(like(&TITLES, "taepot for two")[0], 1);
        assert_eq!(like(&TITLES, "stonewar")[0], 0);
        assert_eq!(like(&["Café crème bowl"], "cafe creme"), [0]);
    }

    #[test]
    fn a_title_that_was_replaced_is_not_found_any_more() {
        let mut index = Titles::default();
        let id = Uuid::from_u128(1);
        index.put(id, Some("A teapot for two"));
        index.put(id, Some("A kettle for ten"));
        assert!(index.like("teapot", 5, |id| Some(*id)).is_empty());
        assert_eq!(index.like("kettle", 5, |id| Some(*id)).len(), 1);
        index.put(id, None);
        assert!(index.like("kettle", 5, |id| Some(*id)).is_empty());
    }

    /// What nobody may see does not take the place of what they may.
    #[test]
    fn as_many_as_are_wanted_are_found_among_those_that_may_be_seen() {
        let mut index = Titles::default();
        for number in 0..10 {
            index.put(Uuid::from_u128(number), Some("A teapot for two"));
        }
        let even = |id: &Uuid| (id.as_u128().is_multiple_of(2)).then_some(*id);
        assert_eq!(index.like("teapot", 3, even).len(), 3);
    }
}
