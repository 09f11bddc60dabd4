//! A small model hub on loopback: repository listing, files with ranges, a redirect of weights to another
//! host, and faults on demand.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

/// What goes wrong, once or always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The first answer with the weights breaks off in the middle.
    CutOnce,
    /// The same, and afterwards the weights are gone.
    CutThenGone,
    /// The first answer with the weights breaks off, and later ones begin at byte 0 whatever was asked for.
    CutThenNoRanges,
    /// Every request is refused with this status.
    Status(u16),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
}

/// A running hub; it ends with the test's process.
pub(crate) struct Hub {
    pub(crate) endpoint: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

struct Served {
    folder: PathBuf,
    fault: Fault,
    cut: bool,
    /// The host with the weights.
    store: String,
}

const WEIGHTS: &str = "model.safetensors";

impl Hub {
    /// Serves the files of `folder` as the repository `tiny/model`.
    pub(crate) fn serve(folder: &Path, fault: Fault) -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (hub, store) = (listen(), listen());
        let address = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let endpoint = address(&hub);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let served = Arc::new(Mutex::new(Served {
            folder: folder.to_owned(),
            fault,
            cut: false,
            store: address(&store),
        }));
        for listener in [hub, store] {
            let (record, served) = (seen.clone(), served.clone());
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let stream = stream.unwrap();
                    let request = read(&stream);
                    record.lock().unwrap().push(request.clone());
                    // A client that went away is the client's affair.
                    let _ = served.lock().unwrap().answer(stream, &request);
                }
            });
        }
        Self { endpoint, seen }
    }

    /// Everything that was asked for.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The ranges that were asked for of the weights' content.
    pub(crate) fn ranges_of_weights(&self) -> Vec<String> {
        let of_weights = |seen: &Seen| seen.path.starts_with("/cdn/");
        let ranges = self
            .seen()
            .into_iter()
            .filter(of_weights)
            .filter_map(|seen| seen.range);
        ranges.filter(|range| range != "bytes=0-0").collect()
    }
}

fn read(stream: &TcpStream) -> Seen {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut seen = Seen {
        path,
        range: None,
        authorization: None,
    };
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        match name.to_ascii_lowercase().as_str() {
            "range" => seen.range = Some(value.trim().to_owned()),
            "authorization" => seen.authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    seen
}

impl Served {
    fn answer(&mut self, stream: TcpStream, request: &Seen) -> std::io::Result<()> {
        if let Fault::Status(status) = self.fault {
            return respond(stream, &format!("{status} Refused"), &[], b"");
        }
        if request.path.starts_with("/api/models/tiny/model") {
            return respond(stream, "200 OK", &[], self.listing().as_bytes());
        }
        if let Some(file) = request.path.strip_prefix("/tiny/model/resolve/main/") {
            if file == WEIGHTS {
                let location = format!("location: {}/cdn/{file}", self.store);
                let headers = [
                    "x-repo-commit: abc123",
                    "x-linked-etag: \"weights-etag\"",
                    &location,
                ];
                return respond(stream, "302 Found", &headers, b"");
            }
            return self.file(stream, file, request.range.as_deref());
        }
        match request.path.strip_prefix("/cdn/") {
            Some(file) => self.weights(stream, file, request.range.as_deref()),
            None => respond(stream, "404 Not Found", &[], b""),
        }
    }

    fn listing(&self) -> String {
        let mut names: Vec<String> = fs::read_dir(&self.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.extend([
            "README.md".to_owned(),
            "pytorch_model.bin".to_owned(),
            "onnx/model.onnx".to_owned(),
        ]);
        let siblings: Vec<_> = names
            .iter()
            .map(|name| serde_json::json!({"rfilename": name}))
            .collect();
        serde_json::json!({"sha": "abc123", "siblings": siblings}).to_string()
    }

    fn weights(
        &mut self,
        mut stream: TcpStream,
        file: &str,
        range: Option<&str>,
    ) -> std::io::Result<()> {
        if range == Some("bytes=0-0") {
            return self.file(stream, file, range);
        }
        if self.cut && self.fault == Fault::CutThenGone {
            return respond(stream, "404 Not Found", &[], b"");
        }
        if self.cut && self.fault == Fault::CutThenNoRanges {
            return self.file(stream, file, Some("bytes=0-"));
        }
        if self.cut || self.fault == Fault::None {
            return self.file(stream, file, range);
        }
        self.cut = true;
        let bytes = fs::read(self.folder.join(file))?;
        let head = format!(
            "HTTP/1.1 206 Partial Content\r\ncontent-length: {0}\r\ncontent-range: bytes 0-{1}/{0}\r\nconnection: close\r\n\r\n",
            bytes.len(),
            bytes.len() - 1
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(&bytes[..bytes.len() / 2])
    }

    fn file(&self, stream: TcpStream, file: &str, range: Option<&str>) -> std::io::Result<()> {
        let Ok(bytes) = fs::read(self.folder.join(file)) else {
            return respond(stream, "404 Not Found", &[], b"");
        };
        let etag = format!("etag: \"{file}-etag\"").replace('.', "-");
        let Some((first, last)) =
            range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
        else {
            return respond(stream, "200 OK", &["x-repo-commit: abc123", &etag], &bytes);
        };
        let first: usize = first.parse().unwrap();
        let last = last.parse().unwrap_or(bytes.len() - 1);
        if first >= bytes.len() {
            return respond(stream, "416 Range Not Satisfiable", &[], b"");
        }
        let content = format!("content-range: bytes {first}-{last}/{}", bytes.len());
        respond(
            stream,
            "206 Partial Content",
            &["x-repo-commit: abc123", &etag, &content],
            &bytes[first..=last],
        )
    }
}

fn respond(
    mut stream: TcpStream,
    status: &str,
    headers: &[&str],
    body: &[u8],
) -> std::io::Result<()> {
    let mut head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n",
        body.len()
    );
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(body)
}
