//! Speed of the miner over the corpus: `cargo bench -p marple-templates`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, missing_docs)]

mod corpus;

use divan::{Bencher, black_box, counter::BytesCount, counter::ItemsCount};
use marple_templates::{Miner, Options, Series};

const LINES: usize = 200_000;

fn main() {
    divan::main();
}

fn lines() -> Vec<String> {
    corpus::Corpus::new().lines(1).take(LINES).map(|line| line.text).collect()
}

/// A fresh miner and every line of the corpus.
#[divan::bench(sample_count = 20)]
fn corpus_lines(bencher: Bencher<'_, '_>) {
    let lines = lines();
    bencher
        .counter(ItemsCount::new(LINES))
        .counter(BytesCount::new(lines.iter().map(String::len).sum::<usize>()))
        .bench_local(|| {
            let mut miner = Miner::new(Options::default());
            for line in &lines {
                black_box(miner.observe(Series::Incident, line, 0));
            }
            miner
        });
}

/// Words at random, so that hardly a line is like another: the slowest way through the miner.
#[divan::bench(sample_count = 5)]
fn lines_without_pattern(bencher: Bencher<'_, '_>) {
    use rand::{RngExt as _, SeedableRng as _};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut word = || (0..6).map(|_| char::from(rng.random_range(b'g'..=b'z'))).collect::<String>();
    let lines: Vec<String> = (0..20_000).map(|_| (0..8).map(|_| word()).collect::<Vec<_>>().join(" ")).collect();
    bencher.counter(ItemsCount::new(lines.len())).bench_local(|| {
        let mut miner = Miner::new(Options::default());
        for line in &lines {
            black_box(miner.observe(Series::Incident, line, 0));
        }
        miner
    });
}
