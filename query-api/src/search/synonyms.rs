//! Words that mean the same: the groups of `synonyms.txt`, each word of which finds the others.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::stems::stems_of;

const GROUPS: &str = include_str!("synonyms.txt");

/// The other words of the group, by a word and by its stems.
static SYNONYMS: LazyLock<HashMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut synonyms: HashMap<String, Vec<&str>> = HashMap::new();
    for group in groups() {
        for word in &group {
            let keys = stems_of(word).into_iter().chain([(*word).to_owned()]);
            for key in keys {
                let others = synonyms.entry(key).or_default();
                others.extend(group.iter().filter(|other| *other != word));
                others.sort_unstable();
                others.dedup();
            }
        }
    }
    synonyms
});

fn groups() -> impl Iterator<Item = Vec<&'static str>> {
    let lines = GROUPS.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split(',').map(str::trim).collect())
}

/// What else is meant by a folded word.
pub fn synonyms_of(word: &str) -> Vec<&'static str> {
    let keys = stems_of(word).into_iter().chain([word.to_owned()]);
    let mut found: Vec<&str> = keys
        .filter_map(|key| SYNONYMS.get(&key))
        .flatten()
        .copied()
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::fold::folded;
    use crate::search::words::tokens;

    #[test]
    fn synonyms_hold_both_ways_and_for_plurals() {
        assert_eq!(synonyms_of("sofa"), ["couch", "settee"]);
        assert_eq!(synonyms_of("couches"), ["settee", "sofa"]);
        assert!(synonyms_of("knives").contains(&"knife"));
        assert_eq!(synonyms_of("bell"), [""; 0]);
    }

    #[test]
    fn the_file_has_groups_of_single_folded_words() {
        for group in groups() {
            assert!(group.len() > 1, "{group:?}");
            for word in group {
                let tokens = tokens(&folded(word));
                assert!(tokens.len() == 1 && tokens[0].text == word, "{word:?}");
            }
        }
    }
}
