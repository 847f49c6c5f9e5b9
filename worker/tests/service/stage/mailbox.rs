//! A server that takes e-mail, or refuses it, as it is told.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

/// A running server.
pub struct Mailbox {
    pub address: SocketAddr,
    received: Receiver<String>,
}

impl Mailbox {
    /// One that answers this to each recipient; `None`: it says nothing from the beginning.
    pub fn answering(recipient: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, received) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                // One that goes away in the middle is no matter.
                std::thread::spawn(move || drop(converse(stream, recipient, &sender)));
            }
        });
        Self { address, received }
    }

    /// The URL without encryption.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// The next letter, as it came.
    pub fn next(&self, patience: Duration) -> String {
        self.received.recv_timeout(patience).expect("a letter")
    }

    /// Whether nothing has come.
    pub fn is_empty(&self) -> bool {
        self.received.try_recv().is_err()
    }
}

fn converse(mut stream: TcpStream, recipient: Option<&str>, letters: &Sender<String>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let Some(recipient) = recipient else {
        let _ = lines.next();
        return Ok(());
    };
    stream.write_all(b"220 here\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let answer = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut letter = String::new();
                while let Some(line) = lines.next().transpose()? {
                    if line == "." {
                        break;
                    }
                    letter += &(line + "\r\n");
                }
                let _ = letters.send(letter);
                "250 taken"
            }
            "RCPT" => recipient,
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => "250 yes",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}
