#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;

fn tally(passed: u32, runs: u32) -> Tally {
    Tally { runs, passed }
}

fn near(found: f64, right: f64) -> bool {
    (found - right).abs() < 1e-12
}

/// From scipy 1.x: `binomtest(c, n).proportion_ci(0.95, "wilson")`.
#[test]
fn wilson_intervals_are_those_of_scipy() {
    let known = [
        (0, 10, 0.0, 0.277_532_799_862_889_26),
        (10, 10, 0.722_467_200_137_110_7, 1.0),
        (7, 10, 0.396_778_147_461_145_26, 0.892_208_732_593_699),
        (19, 20, 0.763_868_806_553_258, 0.991_118_551_199_204_7),
        (1, 1, 0.206_549_314_377_237_45, 1.0),
        (81, 263, 0.255_288_519_878_274_2, 0.366_209_576_982_800_04),
    ];
    for (passed, runs, low, high) in known {
        let found = wilson(f64::from(passed), runs).unwrap();
        assert!(near(found.0, low) && near(found.1, high), "{passed}/{runs}: {found:?}");
    }
    assert_eq!(wilson(0.0, 0), None);
}

/// From scipy: `hypergeom(n, c, k).pmf(k)`, and by hand.
#[test]
fn the_chance_that_k_runs_all_pass_is_drawn_without_replacement() {
    let known =
        [((4, 5), 1, 0.8), ((4, 5), 2, 0.6), ((4, 5), 5, 0.0), ((7, 10), 3, 7.0 / 24.0), ((3, 8), 2, 3.0 / 28.0)];
    for ((passed, runs), k, right) in known {
        assert!(near(tally(passed, runs).all_of(k).unwrap(), right), "C({passed},{k}) / C({runs},{k})");
    }
    assert_eq!(tally(5, 5).all_of(5), Some(1.0));
    assert_eq!(tally(2, 5).all_of(3), Some(0.0));
    assert_eq!(tally(2, 5).all_of(6), None);
    assert_eq!(tally(2, 5).all_of(0), None);
}

#[test]
fn pass_hat_is_the_mean_over_cases_and_not_of_all_runs_together() {
    let cases = [tally(10, 10), tally(7, 10), tally(4, 10), tally(0, 10)];
    assert!(near(pass_hat(&cases, 3).unwrap(), 53.0 / 160.0));
    assert!(near(pass_at_1(&cases).unwrap(), 21.0 / 40.0));
    // One case with many runs weighs as much as one with few.
    assert!(near(pass_at_1(&[tally(100, 100), tally(0, 1)]).unwrap(), 0.5));
}

#[test]
fn cases_without_a_graded_run_count_nowhere() {
    assert!(near(pass_at_1(&[tally(1, 2), tally(0, 0)]).unwrap(), 0.5));
    assert_eq!(pass_at_1(&[tally(0, 0)]), None);
    assert_eq!(pass_hat(&[], 1), None);
}

#[test]
fn a_median_is_a_value_that_occurred() {
    assert_eq!(median([4, 1, 3, 2]), Some(2));
    assert_eq!(median([5, 1, 9]), Some(5));
    assert_eq!(median::<u32>([]), None);
}
