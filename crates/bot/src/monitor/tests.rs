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

/// Waits until the thread of `monitor` has written a heartbeat, and so has finished an interval.
fn wait_for_beat(monitor: &Monitor, path: &std::path::Path) {
    let started = Instant::now();
    while Beat::read(path).is_none() {
        assert!(started.elapsed() < Duration::from_secs(30), "it never came");
        monitor.alive();
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn heartbeats_stop_with_the_loop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heartbeat");
    let state = Arc::new(MonitorState {
        figures: Mutex::default(),
        alive: Mutex::default(),
    });
    let mut writer = MonitorThread::new(config(folder.path()), state.clone(), None);
    let start = Instant::now();
    let after = |ms| start + Duration::from_millis(ms);
    let alive = |ms| *locked(&state.alive) = Some(after(ms));
    // The event loop has not reported yet.
    writer.look(after(0));
    assert_eq!(Beat::read(&path), None);
    alive(100);
    writer.look(after(110));
    writer.look(after(299));
    let beat = Beat::read(&path).unwrap();
    assert_eq!(beat.count, 2);
    assert_eq!(beat.process, std::process::id());
    assert!(beat.memory_mib > 0);
    // The event loop hangs: its patience of 200 ms is over.
    writer.look(after(300));
    writer.look(after(500));
    assert_eq!(Beat::read(&path), Some(beat));
    alive(600);
    writer.look(after(610));
    assert_eq!(Beat::read(&path).unwrap().count, 3);
}

#[test]
fn who_stops_leaves_no_heartbeat() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heartbeat");
    let monitor = Monitor::start(config(folder.path()), None).unwrap();
    wait_for_beat(&monitor, &path);
    drop(monitor);
    assert_eq!(Beat::read(&path), None);
}

#[test]
fn a_day_adds_up_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let monitor = Monitor::start(config(folder.path()), None).unwrap();
        for number in 1..=50 {
            monitor.on_event(&BotEvent::MessageRead);
            monitor.on_event(&BotEvent::Answered {
                latency: Duration::from_millis(100 * number),
                tokens: 10,
                writing: Duration::from_millis(500),
            });
        }
        monitor.on_event(&BotEvent::Dropped);
        monitor.on_event(&BotEvent::Failed);
        // So that the memory was measured.
        wait_for_beat(&monitor, &folder.path().join("heartbeat"));
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
