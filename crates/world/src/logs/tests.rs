#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::pattern::Pattern;
use super::search::{SCANNED, Search, Streams};
use super::stream_reader::{Reading, Start};
use super::*;
use crate::traffic::tests::world;

const NOW: i64 = 1_765_865_400_000; // 2025-12-16T06:10:00Z
const DAY: i64 = 86_400_000;

fn logs() -> Logs {
    Logs::of(&world()).unwrap()
}

fn search(pattern: &str, limit: usize) -> Search {
    Search { pattern: Pattern::parse(pattern).unwrap(), from: 0, to: i64::MAX, streams: Streams::All, limit }
}

#[test]
fn nothing_after_now_and_nothing_older_than_the_retention_is_visible() {
    let logs = logs();
    let web = logs.group("/bookshop/web").unwrap();
    let events = web.events(0, i64::MAX);
    assert!(events.iter().all(|event| event.timestamp <= NOW && event.timestamp >= NOW - 7 * DAY));
    assert_eq!(events.len(), 15);
    let thumbnails = logs.group("/aws/lambda/thumbnails").unwrap();
    assert!(thumbnails.events(0, i64::MAX).iter().all(|event| event.timestamp <= NOW));
}

#[test]
fn a_group_that_only_traffic_names_exists_and_is_named_in_order() {
    let names: Vec<String> = logs().group_names().into_iter().map(str::to_owned).collect();
    assert_eq!(names, ["/aws/lambda/orders-api", "/aws/lambda/thumbnails", "/bookshop/empty", "/bookshop/web"]);
}

#[test]
fn streams_are_interleaved_in_order_of_time() {
    let logs = logs();
    let events = logs.group("/aws/lambda/orders-api").unwrap().events(0, i64::MAX);
    assert!(events.windows(2).all(|pair| pair[0].timestamp <= pair[1].timestamp));
    let streams: BTreeSet<&str> = events.iter().map(|event| &*event.stream).collect();
    assert!(streams.len() > 50, "{}", streams.len());
}

#[test]
fn a_rare_match_in_a_long_range_gives_empty_pages_with_a_token() {
    let logs = logs();
    let group = logs.group("/aws/lambda/orders-api").unwrap();
    let search = search("TypeError", 10_000);
    let first = search.page(&group, 0);
    assert!(first.events.is_empty());
    assert_eq!(first.next, Some(SCANNED));
    let mut found = Vec::new();
    let mut position = Some(0);
    while let Some(at) = position {
        let page = search.page(&group, at);
        found.extend(page.events);
        position = page.next;
    }
    assert_eq!(found.len(), 1);
    assert!(found[0].1.message.contains("index.js:4:29"));
}

#[test]
fn a_reader_learns_the_end_of_a_stream_by_its_own_token() {
    let logs = logs();
    let group = logs.group("/bookshop/web").unwrap();
    let stream = group.streams().into_iter().find(|stream| &*stream.name == "web/1").unwrap();
    let reading = |start| Reading { from: 0, to: i64::MAX, limit: 4, start };
    let tail = reading(Start::Tail).page(&group, &stream);
    assert_eq!(tail.events.len(), 4);
    let after = reading(Start::of_token(&tail.forward).unwrap()).page(&group, &stream);
    assert!(after.events.is_empty());
    assert_eq!(after.forward, tail.forward);
    let before = reading(Start::of_token(&tail.backward).unwrap()).page(&group, &stream);
    assert_eq!(before.events.len(), 2);
    assert!(before.events.last().unwrap().timestamp < tail.events[0].timestamp);
    assert_eq!(before.forward, tail.backward.replace('b', "f"));
    assert_eq!(Start::of_token("f/x/s"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pages_put_together_are_one_big_page(limit in 1_usize..400, pattern in prop::sample::select(vec!["", "REPORT", "?WARN ?INIT_START", "-INFO", "nowhere"])) {
        let logs = logs();
        let group = logs.group("/aws/lambda/orders-api").unwrap();
        let from = NOW - DAY;
        let bounded = |limit| Search { from, ..search(pattern, limit) };
        let whole = bounded(usize::MAX).page(&group, 0);
        prop_assert_eq!(whole.next, None);
        let mut pieces = Vec::new();
        let mut position = Some(0);
        while let Some(at) = position {
            let page = bounded(limit).page(&group, at);
            prop_assert!(page.events.len() <= limit);
            pieces.extend(page.events);
            position = page.next;
        }
        prop_assert_eq!(pieces, whole.events);
    }

    #[test]
    fn a_stream_read_forward_and_backward_is_the_same(limit in 1_usize..60) {
        let logs = logs();
        let group = logs.group("/aws/lambda/orders-api").unwrap();
        let stream = group.streams().swap_remove(3);
        let reading = |start| Reading { from: 0, to: i64::MAX, limit, start };
        let mut forward = Vec::new();
        let mut page = reading(Start::Head).page(&group, &stream);
        while !page.events.is_empty() {
            forward.extend(page.events);
            page = reading(Start::of_token(&page.forward).unwrap()).page(&group, &stream);
        }
        let mut backward = Vec::new();
        let mut page = reading(Start::Tail).page(&group, &stream);
        while !page.events.is_empty() {
            backward.splice(0..0, page.events);
            page = reading(Start::of_token(&page.backward).unwrap()).page(&group, &stream);
        }
        prop_assert!(forward.len() > 60);
        prop_assert_eq!(forward, backward);
    }
}
