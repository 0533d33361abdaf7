//! Every set of positions that some value can be at, and the largest of them.

use std::collections::{BTreeSet, BinaryHeap};

use super::positions::{Position, Positions};

/// Most positions that are walked together.
const POSITIONS_MAX: usize = 1_000;
/// Most work spent on one automaton, in words of 64 positions.
const WORK_MAX: usize = 8_000_000;

/// A set of positions, a bit each.
type Places = Vec<u64>;

/// The most positions that any value can be at, up to `most`. `None` if there are more than [`POSITIONS_MAX`], or if
/// it takes more work than [`WORK_MAX`].
pub(super) fn busiest(positions: &Positions, most: usize) -> Option<usize> {
    if positions.all().len() > POSITIONS_MAX {
        return None;
    }
    Walk::new(positions).busiest(most)
}

struct Walk {
    /// For each byte that some text names, and for all others, where it leads to from each position.
    ways: Vec<Vec<Places>>,
    /// What each position counts: the matchers that can be reached from it.
    counts: Vec<usize>,
    /// The stars that follow on each position: a value that matches `foo` is also at the star of `foo*`.
    stars: Vec<Vec<usize>>,
    words: usize,
}

impl Walk {
    fn new(positions: &Positions) -> Self {
        let all = positions.all();
        let words = all.len().div_ceil(64);
        let bytes: BTreeSet<u8> =
            all.iter().flat_map(|position| position.bytes.keys().copied()).collect();
        let inputs = bytes.into_iter().map(Some).chain(std::iter::once(None));
        let goes_on = |position: &Position| all.get(position.goes_on_at?);
        let way = |position: &Position, input: Option<u8>| {
            let on = goes_on(position);
            let by_byte = on.and_then(|on| on.bytes.get(&input?)).into_iter().flatten();
            let by_any = on.into_iter().flat_map(|on| &on.any);
            let mut places = vec![0; words];
            by_byte.chain(by_any).for_each(|place| insert(&mut places, *place));
            places
        };
        let from_all = |input| all.iter().map(|position| way(position, input)).collect();
        let star = |position: &Position| goes_on(position).map(|on| on.any.clone());
        Self {
            ways: inputs.map(from_all).collect(),
            counts: positions.reachable(),
            stars: all.iter().map(|position| star(position).unwrap_or_default()).collect(),
            words,
        }
    }

    /// More places lead to more places, and count more. So a subset of a set seen before adds nothing, and large sets
    /// go first.
    fn busiest(&self, most: usize) -> Option<usize> {
        let mut start = vec![0; self.words];
        insert(&mut start, 0);
        let mut largest: Vec<Places> = Vec::new();
        let mut open = BinaryHeap::from([(0, start)]);
        let (mut busiest, mut work) = (0, 0);
        while let Some((_, at)) = open.pop() {
            if largest.iter().any(|seen| seen != &at && is_within(&at, seen)) {
                continue;
            }
            let at: Vec<usize> = members(&at).collect();
            for ways in &self.ways {
                work += self.words * (at.len() + largest.len() + 1);
                if work > WORK_MAX {
                    return None;
                }
                let next = self.step(&at, ways);
                if largest.iter().any(|seen| is_within(&next, seen)) {
                    continue;
                }
                let count = self.count(&next);
                busiest = busiest.max(count);
                if busiest >= most {
                    return Some(most);
                }
                largest.retain(|seen| !is_within(seen, &next));
                largest.push(next.clone());
                open.push((count, next));
            }
        }
        Some(busiest)
    }

    fn step(&self, at: &[usize], ways: &[Places]) -> Places {
        let mut next = vec![0; self.words];
        for way in at.iter().filter_map(|place| ways.get(*place)) {
            next.iter_mut().zip(way).for_each(|(to, from)| *to |= from);
        }
        next
    }

    fn count(&self, places: &Places) -> usize {
        let of = |place: usize| self.counts.get(place).copied().unwrap_or(0);
        let missing = |star: &&usize| !contains(places, **star);
        let stars = |place: usize| {
            let stars = self.stars.get(place).into_iter().flatten();
            stars.filter(missing).map(|star| of(*star)).sum::<usize>()
        };
        members(places).map(|place| of(place) + stars(place)).sum()
    }
}

fn insert(places: &mut Places, place: usize) {
    if let Some(word) = places.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

fn is_within(places: &Places, others: &Places) -> bool {
    places.iter().zip(others).all(|(one, other)| one & !other == 0)
}

fn contains(places: &Places, place: usize) -> bool {
    places.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
}

fn members(places: &Places) -> impl Iterator<Item = usize> {
    (0..places.len() * 64).filter(|place| contains(places, *place))
}
