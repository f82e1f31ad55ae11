//! A small random source of our own, so that a catalog of today is the catalog of next year on every machine.

/// `SplitMix64`: one word of state, good enough to spread names and links, the same everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// A source that depends on the seed and on the size of the catalog, so that two sizes share no prefix.
    pub(crate) fn new(seed: u64, size: u64) -> Self {
        let mut rng = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ size.rotate_left(32));
        rng.next();
        rng
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.next()) * (bound as u128);
        usize::try_from(wide >> 64).unwrap_or_default()
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// `count` different ones of `items`, in order of the list.
    pub(crate) fn sample<'a, T: Ord>(&mut self, items: &'a [T], count: usize) -> Vec<&'a T> {
        let mut indexes: Vec<usize> = Vec::with_capacity(count);
        while indexes.len() < count.min(items.len()) {
            let i = self.below(items.len());
            if !indexes.contains(&i) {
                indexes.push(i);
            }
        }
        let mut picked: Vec<&T> = indexes.into_iter().map(|i| &items[i]).collect();
        picked.sort();
        picked
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_sizes_differ() {
        let draw = |seed, size| {
            let mut rng = Rng::new(seed, size);
            std::array::from_fn::<u64, 4, _>(|_| rng.next())
        };
        assert_eq!(draw(1, 1000), draw(1, 1000));
        assert_ne!(draw(1, 1000), draw(1, 10_000));
        assert_ne!(draw(1, 1000), draw(2, 1000));
    }

    #[test]
    fn a_sample_has_no_twins_and_is_sorted() {
        let mut rng = Rng::new(7, 7);
        let items: Vec<u32> = (0..50).collect();
        let picked = rng.sample(&items, 20);
        assert_eq!(picked.len(), 20);
        assert!(picked.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
