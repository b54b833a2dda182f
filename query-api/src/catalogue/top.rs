//! The first of many in their order, without sorting all of them.

use super::cursor::Place;

/// Collects the first `most` places after one, with the numbers of the products that are there.
pub struct Top<'c> {
    most: usize,
    after: Option<Place<'c>>,
    found: Vec<(Place<'c>, u32)>,
    /// What comes behind this is not among the first any more.
    worst: Option<(i64, u64)>,
}

/// The first bytes of a name's key, as a number that sorts as they do.
pub fn head(name_key: &[u8]) -> u64 {
    let mut head = [0; 8];
    for (to, from) in head.iter_mut().zip(name_key) {
        *to = *from;
    }
    u64::from_be_bytes(head)
}

impl<'c> Top<'c> {
    pub const fn new(most: usize, after: Option<Place<'c>>) -> Self {
        Self {
            most,
            after,
            found: vec![],
            worst: None,
        }
    }

    /// `rest` gives key of the name and SKU; most products are turned away without them.
    pub fn offer(
        &mut self,
        document: u32,
        number: i64,
        head: u64,
        rest: impl FnOnce() -> (&'c [u8], &'c str),
    ) {
        if self.worst.is_some_and(|worst| (number, head) > worst) {
            return;
        }
        if self.after.is_some_and(|after| number < after.number) {
            return;
        }
        let (name, sku) = rest();
        let place = Place { number, name, sku };
        if self.after.is_some_and(|after| place <= after) {
            return;
        }
        self.found.push((place, document));
        if self.found.len() >= 2 * self.most {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.found.len() > self.most {
            let (_, (worst, _), _) = self
                .found
                .select_nth_unstable_by_key(self.most - 1, |(place, _)| *place);
            self.worst = Some((worst.number, self::head(worst.name)));
            self.found.truncate(self.most);
        }
    }

    /// In order.
    pub fn places(mut self) -> Vec<(Place<'c>, u32)> {
        self.cut();
        self.found.sort_unstable_by_key(|(place, _)| *place);
        self.found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_are_those_that_sorting_all_would_give(
            rows in prop::collection::vec((0_i64..4, "[a-c]{0,2}", 0_u32..9), 0..60), most in 1_usize..9, after in 0_usize..60,
        ) {
            let skus: Vec<String> = (0..rows.len()).map(|at| format!("{at:02}")).collect();
            let place = |at: usize| Place { number: rows[at].0, name: rows[at].1.as_bytes(), sku: &skus[at] };
            let after = (after < rows.len()).then(|| place(after));
            let mut top = Top::new(most, after);
            for at in 0..rows.len() {
                let Place { number, name, sku } = place(at);
                top.offer(u32::try_from(at).unwrap(), number, head(name), || (name, sku));
            }
            let found: Vec<_> = top.places().into_iter().map(|(place, _)| place).collect();
            let mut all: Vec<_> = (0..rows.len()).map(place).filter(|place| after.is_none_or(|after| *place > after)).collect();
            all.sort_unstable();
            all.truncate(most);
            prop_assert_eq!(found, all);
        }
    }
}
