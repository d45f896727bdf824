//! Speed of the miner over the corpus: `cargo bench -p marple-templates`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, missing_docs)]

mod corpus;
mod hostile;

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

/// Lines that somebody writes who wants to keep the miner busy: hardly one is like another, or all are, and none fits.
#[divan::bench(sample_count = 10, args = hostile::KINDS)]
fn hostile_lines(bencher: Bencher<'_, '_>, kind: &hostile::Kind) {
    let lines = kind.lines(20_000);
    bencher.counter(ItemsCount::new(lines.len())).bench_local(|| {
        let mut miner = Miner::new(Options::default());
        for line in &lines {
            black_box(miner.observe(Series::Incident, line, 0));
        }
        miner
    });
}
