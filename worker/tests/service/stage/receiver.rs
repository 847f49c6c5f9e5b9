//! A receiver of webhooks that answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

/// What came in.
#[derive(Debug, Clone)]
pub struct Received {
    pub request_line: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

/// A receiver that answers one request after the other, each on a connection of its own.
pub struct Hook {
    pub address: SocketAddr,
    received: Receiver<Received>,
}

impl Hook {
    /// Answers with these heads (status line and headers), then with the last of them for ever.
    pub fn answering(heads: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
        let (sender, received) = mpsc::channel();
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().flatten().enumerate() {
                let head = &heads[count.min(heads.len() - 1)];
                let Some(request) = answer(stream, head) else { continue };
                if sender.send(request).is_err() {
                    return;
                }
            }
        });
        Self { address, received }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next request.
    pub fn next(&self, patience: Duration) -> Received {
        self.received.recv_timeout(patience).expect("a request")
    }

    /// That nothing comes.
    pub fn stays_silent(&self, patience: Duration) {
        assert_eq!(self.received.recv_timeout(patience).err(), Some(RecvTimeoutError::Timeout));
    }
}

fn answer(stream: TcpStream, head: &str) -> Option<Received> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut lines = lines.into_iter();
    let request_line = lines.next()?;
    let split =
        |line: String| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    let headers = lines.filter_map(split).collect();
    let mut received = Received { request_line, headers, body: Vec::new() };
    received.body = vec![0; received.header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut received.body).ok()?;
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello").ok()?;
    Some(received)
}
