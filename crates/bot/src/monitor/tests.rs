use super::*;

fn config(folder: &std::path::Path) -> MonitorConfig {
    MonitorConfig {
        heartbeat: Some(folder.join("heartbeat")),
        interval: Duration::from_millis(10),
        loop_patience: Duration::from_millis(200),
        engine_patience: Duration::from_millis(200),
        store: Some(folder.join("store.sqlite")),
    }
}

fn wait_for(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(30), "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn signs_of_life_stop_with_the_loop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heartbeat");
    let monitor = Monitor::start(config(folder.path()), None).unwrap();
    // Nobody said that the loop goes round.
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(Beat::read(&path), None);
    monitor.alive();
    wait_for(|| Beat::read(&path).is_some_and(|beat| beat.count >= 2));
    let beat = Beat::read(&path).unwrap();
    assert_eq!(beat.process, std::process::id());
    assert!(beat.memory_mib > 0);
    // The loop hangs.
    std::thread::sleep(Duration::from_millis(400));
    let silent = Beat::read(&path);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(Beat::read(&path), silent);
    monitor.alive();
    wait_for(|| Beat::read(&path) != silent);
    drop(monitor);
    assert_eq!(Beat::read(&path), None, "who stops leaves no sign of life");
}

#[test]
fn a_day_adds_up_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let monitor = Monitor::start(config(folder.path()), None).unwrap();
        for number in 1..=50 {
            monitor.happened(&Happening::Seen);
            monitor.happened(&Happening::Answered {
                latency: Duration::from_millis(100 * number),
                tokens: 10,
                writing: Duration::from_millis(500),
            });
        }
        monitor.happened(&Happening::Dropped);
        monitor.happened(&Happening::Failed);
        // So that memory was looked at.
        std::thread::sleep(Duration::from_millis(50));
    }
    let store = Store::open(&folder.path().join("store.sqlite")).unwrap();
    let days = days(&store, 7).unwrap();
    assert_eq!(days.iter().map(|day| day.seen).sum::<u64>(), 100);
    assert_eq!(days.iter().map(|day| day.answered).sum::<u64>(), 100);
    assert_eq!(
        days.iter()
            .map(|day| (day.dropped, day.errors))
            .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
        (2, 2)
    );
    let day = &days[0];
    assert!(
        (2000.0..3000.0).contains(&day.latency_ms_p50.unwrap()),
        "{day:?}"
    );
    assert!(
        (4000.0..5700.0).contains(&day.latency_ms_p95.unwrap()),
        "{day:?}"
    );
    assert!(
        (day.tokens_per_second.unwrap() - 20.0).abs() < 1e-6,
        "{day:?}"
    );
    assert!(day.memory_mib_max > 0);
}
