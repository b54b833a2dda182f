//! The ways in which a document can meet a word, and what each is worth.

use std::sync::LazyLock;

use levenshtein_automata::{DFA, LevenshteinAutomatonBuilder};
use roaring::{MultiOps, RoaringBitmap};

use super::dictionary::Near;
use super::index::{Field, Index, SHORT};
use super::postings::{Postings, one_of};
use super::question::Asked;
use super::stems::stems_of;
use super::synonyms::synonyms_of;
use super::words::{Kind, part_word};

pub const EXACT: u32 = 20;
/// Letters and digits that are one word here and several there, or the other way round.
pub const TOGETHER: u32 = 18;
pub const STEM: u32 = 17;
pub const SYNONYM: u32 = 15;
pub const BEGINNING: u32 = 9;
/// A word that is not finished and has a typing error.
const UNFINISHED: u32 = 3;

/// Words that a beginning or a typing error may stand for.
pub const MOST_FORMS: usize = 300;
/// Shorter words have no typing errors, longer ones up to two.
const ONE_TYPO: usize = 4;
const TWO_TYPOS: usize = 7;
/// Longer words than any that is typed by hand.
const LONGEST_WITH_TYPOS: usize = 32;

/// Transposed neighbours are one error.
static AUTOMATA: LazyLock<[LevenshteinAutomatonBuilder; 2]> =
    LazyLock::new(|| [1, 2].map(|distance| LevenshteinAutomatonBuilder::new(distance, true)));

/// Documents that meet a word equally well.
#[derive(Debug)]
pub struct Tier {
    pub worth: u32,
    /// Where the word stands; where its parts stand in several, the least of them.
    pub field: Field,
    pub documents: RoaringBitmap,
}

fn push(tiers: &mut Vec<Tier>, worth: u32, field: Field, documents: RoaringBitmap) {
    if !documents.is_empty() {
        tiers.push(Tier {
            worth: worth * field.worth(),
            field,
            documents,
        });
    }
}

/// Documents that have one of these words, by field.
fn push_words(tiers: &mut Vec<Tier>, worth: u32, words: &[&Postings]) {
    if !words.is_empty() {
        for field in Field::ALL {
            push(tiers, worth, field, one_of(words, field));
        }
    }
}

/// How a typing error is judged: by how many there are, and whether the first letter is right.
pub fn worth_of_typo(asked: &str, near: &str, distance: u8) -> u32 {
    let same_beginning = asked.chars().next() == near.chars().next();
    match (distance, same_beginning) {
        (0 | 1, true) => 8,
        (0 | 1, false) => 6,
        (_, true) => 4,
        (_, false) => 3,
    }
}

/// What accepts `word` with as many typing errors as one of its length may have.
pub fn typos_of(word: &Asked) -> Option<DFA> {
    let automaton = match word.letters() {
        _ if !word.is_letters() => return None,
        ONE_TYPO..TWO_TYPOS => &AUTOMATA[0],
        TWO_TYPOS..=LONGEST_WITH_TYPOS => &AUTOMATA[1],
        _ => return None,
    };
    Some(automaton.build_dfa(word.text()))
}

impl Index {
    /// Documents that meet the word without typing errors. Words of none that is `allowed` do not count.
    pub fn tiers(&self, word: &Asked, allowed: &RoaringBitmap) -> Vec<Tier> {
        let mut tiers = vec![];
        match word.token.kind {
            Kind::Unspaced => self.push_together(&mut tiers, EXACT, &word.token.pairs()),
            Kind::Letters | Kind::Mixed | Kind::Digits => {
                self.push_spelt(&mut tiers, word.text(), word.respelled.as_deref());
                if word.token.kind == Kind::Mixed {
                    self.push_together(&mut tiers, TOGETHER, &word.token.parts());
                }
                self.push_synonyms(&mut tiers, word.text());
                self.push_beginnings(&mut tiers, word.text(), allowed);
            }
        }
        tiers
    }

    /// The word itself and its other forms.
    pub fn push_spelt(&self, tiers: &mut Vec<Tier>, word: &str, respelled: Option<&str>) {
        let spellings = [Some(word), respelled];
        let spellings = || spellings.iter().copied().flatten();
        let exact: Vec<_> = spellings().filter_map(|word| self.word(word)).collect();
        push_words(tiers, EXACT, &exact);
        let stems: Vec<String> = spellings().flat_map(stems_of).collect();
        let forms: Vec<_> = stems.iter().flat_map(|stem| self.of_stem(stem)).collect();
        push_words(tiers, STEM, &forms);
    }

    fn push_synonyms(&self, tiers: &mut Vec<Tier>, word: &str) {
        let mut forms = vec![];
        for synonym in synonyms_of(word) {
            forms.extend(self.word(synonym));
            let stems = stems_of(synonym);
            forms.extend(stems.iter().flat_map(|stem| self.of_stem(stem)));
        }
        push_words(tiers, SYNONYM, &forms);
    }

    fn push_beginnings(&self, tiers: &mut Vec<Tier>, word: &str, allowed: &RoaringBitmap) {
        if word.chars().count() <= SHORT {
            for field in Field::SHORT {
                if let Some(begun) = self.begun(word, field) {
                    push(tiers, BEGINNING, field, begun.clone());
                }
            }
            return;
        }
        let is_used = |number| self.is_used(number, allowed);
        let numbers = self.dictionary().beginning_with(word, MOST_FORMS, is_used);
        let words: Vec<_> = numbers.into_iter().map(|number| self.postings(number)).collect();
        push_words(tiers, BEGINNING, &words);
    }

    /// Documents that have all of these, best in the name.
    fn push_together(&self, tiers: &mut Vec<Tier>, worth: u32, parts: &[String]) {
        let forms = |part: &String| {
            let (whole, inside) = (self.word(part), self.word(&part_word(part)));
            [whole, inside].into_iter().flatten().collect::<Vec<_>>()
        };
        let parts: Vec<Vec<&Postings>> = parts.iter().map(forms).collect();
        let in_name = parts.iter().map(|forms| one_of(forms, Field::Name));
        push(tiers, worth, Field::Name, in_name.intersection());
        let anywhere = |forms: &Vec<&Postings>| forms.iter().map(|form| form.anywhere()).union();
        push(
            tiers,
            worth,
            Field::Description,
            parts.iter().map(anywhere).intersection(),
        );
    }

    /// Documents with words that are nearly this one; where there are none, with words that nearly begin so.
    pub fn typos(&self, word: &Asked, allowed: &RoaringBitmap) -> Vec<Tier> {
        let mut tiers = vec![];
        let Some(dfa) = typos_of(word) else {
            return tiers;
        };
        let is_used = |number| self.is_used(number, allowed);
        let near = self.dictionary().near(&dfa, MOST_FORMS, is_used);
        if near.is_empty() {
            let dfa = AUTOMATA[0].build_prefix_dfa(word.text());
            let begun = self.dictionary().near(&dfa, MOST_FORMS, is_used);
            let words: Vec<_> = begun.iter().map(|near| self.postings(near.number)).collect();
            push_words(&mut tiers, UNFINISHED, &words);
            return tiers;
        }
        for worth in [8, 6, 4, 3] {
            let is_worth = |near: &&Near| worth_of_typo(word.text(), &near.word, near.distance) == worth;
            let words = near
                .iter()
                .filter(is_worth)
                .map(|near| self.postings(near.number));
            push_words(&mut tiers, worth, &words.collect::<Vec<_>>());
        }
        tiers
    }
}
