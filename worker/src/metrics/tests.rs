use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

#[test]
fn all_are_well_made_and_told_from_the_beginning() {
    for teller in [Teller::Worker, Teller::Notifier] {
        let text = Metrics::new(teller).text().unwrap();
        for about in abouts().into_iter().filter(|about| about.tells(teller)) {
            // Gauges are silent until somebody knows.
            let told = text.contains(&format!("# TYPE {} {}\n", about.name, about.kind));
            assert!(told || about.kind == "gauge", "{}", about.name);
        }
        assert!(
            text.contains(&format!("imgfilter_build_info{{version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION")))
        );
    }
    let notifier = Metrics::new(Teller::Notifier).text().unwrap();
    assert!(notifier.contains("imgfilter_deliveries_total") && !notifier.contains("imgfilter_tasks_total"));
}

#[test]
fn names_follow_the_rules() {
    let mut names = BTreeSet::new();
    for about in abouts() {
        assert!(names.insert(about.name), "{} is there twice", about.name);
        assert!(about.name.starts_with("imgfilter_") || about.name.starts_with("process_"), "{}", about.name);
        assert_eq!(about.kind == "counter", about.name.ends_with("_total"), "{}", about.name);
        if about.kind == "histogram" {
            assert!(about.name.ends_with("_seconds"), "{}", about.name);
        }
        assert!(about.help.ends_with('.') && !about.help.contains(['\n', '|']), "{}", about.name);
        assert!(!about.advice.contains(['\n', '|']), "{}", about.name);
    }
}

#[test]
fn the_start_is_known_where_the_kernel_does_not_say() {
    let mut metric = prometheus::proto::Metric::default();
    metric.set_gauge(prometheus::proto::Gauge::default());
    let mut family = prometheus::proto::MetricFamily::default();
    family.set_name("process_start_time_seconds".to_owned());
    family.set_metric(vec![metric]);
    let mut families = [family];
    process::correct(&mut families);
    assert!(families[0].get_metric()[0].get_gauge().get_value() > 1.7e9);
}

#[test]
fn an_engine_cannot_invent_filters() {
    let timing = |filter: &str| imgfilter_filters::FilterTiming {
        filter: filter.to_owned(),
        took: Duration::from_millis(3),
    };
    let timings = imgfilter_filters::Timings {
        filters: vec![timing("solarize"), timing("4711"), timing("fused")],
        ..Default::default()
    };
    engine::worked(&timings, &engine::Most { time: Duration::MAX, pixels: 1, filters: 3 });
    let text = Metrics::new(Teller::Worker).text().unwrap();
    assert!(text.contains("imgfilter_filter_seconds_count{filter=\"solarize\"}"));
    assert!(!text.contains("4711"));
}

#[test]
fn an_engine_cannot_say_what_cannot_be() {
    let timing = imgfilter_filters::FilterTiming { filter: "median".to_owned(), took: Duration::MAX };
    let timings = imgfilter_filters::Timings {
        decode: Duration::MAX,
        filter: Duration::MAX,
        encode: Duration::MAX,
        pixels: u64::MAX,
        filters: vec![timing; 1000],
        compiled: vec![Duration::MAX; 1000],
    };
    engine::worked(&timings, &engine::Most { time: Duration::from_secs(2), pixels: 77, filters: 4 });
    let text = Metrics::new(Teller::Worker).text().unwrap();
    for line in [
        "imgfilter_stage_seconds_sum{stage=\"decode\"} 2",
        "imgfilter_stage_seconds_sum{stage=\"filter\"} 2",
        "imgfilter_stage_seconds_sum{stage=\"encode\"} 2",
        "imgfilter_filter_seconds_sum{filter=\"median\"} 8",
        "imgfilter_filter_seconds_count{filter=\"median\"} 4",
        "imgfilter_compile_seconds_sum 8",
        "imgfilter_pixels_total 77",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}");
    }
}

#[test]
fn what_is_too_old_is_not_told() {
    let state = crate::db::state::ServiceState { workers: 3, ..Default::default() };
    let told = || Metrics::new(Teller::Worker).text().unwrap();
    state::counted(&state, 2);
    state::aged(Duration::from_secs(60));
    assert!(told().contains("imgfilter_workers 3\n") && told().contains("imgfilter_workers_wanted 2\n"));
    state::aged(Duration::from_secs(61));
    let text = told();
    assert!(text.contains("imgfilter_state_age_seconds 61\n"), "{text}");
    for about in state::ALL.iter().map(|family| family.about()) {
        let age = about.name == "imgfilter_state_age_seconds";
        assert_eq!(text.lines().any(|line| line.starts_with(about.name)), age, "{}", about.name);
    }
    state::counted(&state, 2);
    assert!(told().contains("imgfilter_workers 3\n"), "until it is counted again");
}

#[test]
fn the_page_has_all() {
    let page = page::markdown();
    for about in abouts() {
        assert_eq!(page.matches(&format!("| `{}` |", about.name)).count(), 1, "{}", about.name);
    }
    assert!(page.contains("`lane`: `fast`, `slow`, `quarantine`; `end`: `done`,"));
}
