//! Streams of replies, from the engine or from a task that reads a remote server.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
};

use persona_model::Tokenizer;
use tokio::sync::mpsc;

use crate::{
    decoded::DecodedStream,
    error::Error,
    reply::{Piece, Reply},
    tokens::TokenStream,
};

/// Sends the pieces of a remote reply.
pub(crate) type PieceSender = mpsc::Sender<Result<Piece, Error>>;

/// The pieces of one reply, as they are generated. The last is [`Piece::Done`] or an error. Dropping the stream cancels the
/// reply.
#[derive(Debug)]
pub struct ReplyStream {
    source: PieceSource,
    ended: bool,
}

#[derive(Debug)]
enum PieceSource {
    /// The engine in this process.
    Tokens(Box<DecodedStream>),
    /// A task that reads a remote server.
    Task(mpsc::Receiver<Result<Piece, Error>>),
    /// A request that failed at once; the error is taken when it is read.
    Failed(Option<Error>),
}

impl ReplyStream {
    pub(crate) fn of_tokens(tokens: TokenStream, tokenizer: Arc<Tokenizer>) -> Self {
        Self::new(PieceSource::Tokens(Box::new(DecodedStream::new(
            tokens, tokenizer,
        ))))
    }

    pub(crate) fn of_task(pieces: mpsc::Receiver<Result<Piece, Error>>) -> Self {
        Self::new(PieceSource::Task(pieces))
    }

    pub(crate) fn failed(error: Error) -> Self {
        Self::new(PieceSource::Failed(Some(error)))
    }

    fn new(source: PieceSource) -> Self {
        Self {
            source,
            ended: false,
        }
    }

    /// The next piece; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Piece, Error>> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// Waits for the whole reply.
    pub async fn finish(mut self) -> Result<Reply, Error> {
        while let Some(piece) = self.next().await {
            if let Piece::Done(reply) = piece? {
                return Ok(reply);
            }
        }
        Err(Error::Stopped)
    }

    /// Waits for the next piece; `None` after the last one. Blocks: not for asynchronous code.
    pub fn blocking_next(&mut self) -> Option<Result<Piece, Error>> {
        if self.ended {
            return None;
        }
        let piece = match &mut self.source {
            PieceSource::Tokens(decoded) => decoded.blocking_next(),
            PieceSource::Task(pieces) => pieces.blocking_recv(),
            PieceSource::Failed(error) => error.take().map(Err),
        };
        Some(self.received(piece))
    }

    /// Waits for the whole reply. Blocks: not for asynchronous code.
    pub fn blocking_finish(mut self) -> Result<Reply, Error> {
        while let Some(piece) = self.blocking_next() {
            if let Piece::Done(reply) = piece? {
                return Ok(reply);
            }
        }
        Err(Error::Stopped)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Piece, Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let piece = match &mut self.source {
            PieceSource::Tokens(decoded) => ready!(decoded.poll_next(context)),
            PieceSource::Task(pieces) => ready!(pieces.poll_recv(context)),
            PieceSource::Failed(error) => error.take().map(Err),
        };
        Poll::Ready(Some(self.received(piece)))
    }

    /// The piece to hand on. A writer that is gone without an end, because the runtime stops or it panicked, becomes
    /// [`Error::Stopped`].
    fn received(&mut self, piece: Option<Result<Piece, Error>>) -> Result<Piece, Error> {
        let piece = piece.unwrap_or(Err(Error::Stopped));
        self.ended = !matches!(piece, Ok(Piece::Text { .. }));
        piece
    }
}
