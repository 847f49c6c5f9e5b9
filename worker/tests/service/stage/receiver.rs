//! A receiver of webhooks that answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
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

/// An answer that is shorter than it says.
const CUT_OFF: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhel";

/// What a receiver does with a request.
#[derive(Debug, Clone)]
pub enum Conduct {
    /// Answers with this head (status line and headers) and a short body.
    Answer(String),
    /// Answers with this head and this body.
    Body(String, String),
    /// Answers with this head and this body, keeps the connection, and says nothing to what comes by it then.
    Keep(String, String),
    /// Says nothing, until the other side goes.
    Hang,
    /// Closes the connection without a word.
    Close,
    /// Promises more than it says, and closes.
    CloseMidReply,
    /// Promises more than it says, and says nothing more.
    HangMidReply,
    /// Says 200, and goes on speaking until nobody listens.
    Endless,
}

/// A receiver that does as it is told, with each connection.
pub struct Hook {
    pub address: SocketAddr,
    received: Receiver<Received>,
    crowd: Arc<Crowd>,
}

/// How many are there at the same time.
#[derive(Default)]
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Hook {
    /// Answers with these heads (status line and headers), then with the last of them for ever.
    pub fn answering(heads: &[&str]) -> Self {
        Self::doing(heads.iter().map(|head| Conduct::Answer((*head).to_owned())).collect())
    }

    /// Does this with one connection after the other, then the last of it for ever.
    pub fn doing(conducts: Vec<Conduct>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, received) = mpsc::channel();
        let crowd = Arc::<Crowd>::default();
        let there = Arc::clone(&crowd);
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().flatten().enumerate() {
                let conduct = conducts[count.min(conducts.len() - 1)].clone();
                let (sender, there) = (sender.clone(), Arc::clone(&there));
                std::thread::spawn(move || {
                    let now = there.now.fetch_add(1, Ordering::SeqCst) + 1;
                    there.most.fetch_max(now, Ordering::SeqCst);
                    serve(stream, &conduct, &sender);
                    there.now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, received, crowd }
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

    /// The most connections that there were at the same time.
    pub fn most_at_once(&self) -> usize {
        self.crowd.most.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, conduct: &Conduct, sender: &Sender<Received>) {
    let Some(request) = read(&stream) else { return };
    let _ = sender.send(request);
    // Whoever asked may have gone: that is no matter.
    let _ = match conduct {
        Conduct::Answer(head) => {
            write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
        }
        Conduct::Body(head, body) => {
            let length = body.len();
            write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        }
        Conduct::Keep(head, body) => {
            let length = body.len();
            write!(stream, "HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}")
                .and_then(|()| stream.read_to_end(&mut Vec::new()).map(drop))
        }
        Conduct::Hang => stream.read(&mut [0]).map(drop),
        Conduct::Close => Ok(()),
        Conduct::CloseMidReply => write!(stream, "{CUT_OFF}"),
        Conduct::HangMidReply => {
            write!(stream, "{CUT_OFF}").and_then(|()| stream.read_to_end(&mut Vec::new()).map(drop))
        }
        Conduct::Endless => speak_on(&mut stream),
    };
}

fn speak_on(stream: &mut TcpStream) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
    loop {
        stream.write_all(&[b'x'; 8192])?;
    }
}

fn read(stream: &TcpStream) -> Option<Received> {
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
    Some(received)
}
