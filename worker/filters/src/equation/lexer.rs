//! The words and signs of an equation, each with its place in code points.

use super::EquationError;

/// A word or a sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f32),
    Name(String),
    /// One of [`SIGNS`].
    Sign(&'static str),
    /// A comma, a semicolon or a line end.
    Comma,
    Semicolon,
    Newline,
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub token: Token,
    pub offset: usize,
    pub length: usize,
}

/// Longer signs stand before those they begin with.
const SIGNS: [&str; 21] = [
    "<=", ">=", "==", "!=", "&&", "||", "**", "+", "-", "*", "/", "%", "^", "(", ")", "<", ">", "=", "!",
    "?", ":",
];

/// Splits a source into tokens; the last one is [`Token::End`].
pub(super) fn tokens(source: &str) -> Result<Vec<Placed>, EquationError> {
    let text: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    // Within parentheses a line end is a blank.
    let mut open = 0usize;
    while at < text.len() {
        let start = at;
        let token = match text[at] {
            '\n' | '\r' if open == 0 => single(&mut at, Token::Newline),
            ',' => single(&mut at, Token::Comma),
            ';' => single(&mut at, Token::Semicolon),
            space if space.is_whitespace() => {
                at += 1;
                continue;
            }
            digit if digit.is_ascii_digit() || digit == '.' => number(&text, &mut at)?,
            letter if letter.is_ascii_alphabetic() || letter == '_' => {
                while at < text.len() && (text[at].is_ascii_alphanumeric() || text[at] == '_') {
                    at += 1;
                }
                Token::Name(text[start..at].iter().collect())
            }
            _ => sign(&text, &mut at)?,
        };
        match token {
            Token::Sign("(") => open += 1,
            Token::Sign(")") => open = open.saturating_sub(1),
            _ => {}
        }
        found.push(Placed { token, offset: start, length: at - start });
    }
    found.push(Placed { token: Token::End, offset: text.len(), length: 0 });
    Ok(found)
}

fn single(at: &mut usize, token: Token) -> Token {
    *at += 1;
    token
}

fn sign(text: &[char], at: &mut usize) -> Result<Token, EquationError> {
    let rest: String = text[*at..].iter().take(2).collect();
    let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) else {
        return Err(EquationError {
            message: format!("`{}` means nothing in an equation", text[*at]),
            offset: *at,
            length: 1,
            suggestion: ascii_twin(text[*at]).map(str::to_owned),
            passed: None,
        });
    };
    *at += sign.len();
    // `**` is how other languages write a power.
    Ok(Token::Sign(if sign == "**" { "^" } else { sign }))
}

/// What a sign that word processors put in stands for.
fn ascii_twin(sign: char) -> Option<&'static str> {
    match sign {
        '−' | '–' => Some("-"),
        '×' | '·' => Some("*"),
        '÷' => Some("/"),
        '²' => Some("^2"),
        '³' => Some("^3"),
        '√' => Some("sqrt"),
        'π' => Some("pi"),
        '≤' => Some("<="),
        '≥' => Some(">="),
        '≠' => Some("!="),
        '&' => Some("&&"),
        '|' => Some("||"),
        _ => None,
    }
}

fn number(text: &[char], at: &mut usize) -> Result<Token, EquationError> {
    let start = *at;
    let digits = |at: &mut usize| {
        while *at < text.len() && text[*at].is_ascii_digit() {
            *at += 1;
        }
    };
    digits(at);
    if text.get(*at) == Some(&'.') {
        *at += 1;
        digits(at);
    }
    if matches!(text.get(*at), Some('e' | 'E')) {
        let sign = usize::from(matches!(text.get(*at + 1), Some('+' | '-')));
        if text.get(*at + 1 + sign).is_some_and(char::is_ascii_digit) {
            *at += 1 + sign;
            digits(at);
        }
    }
    let written: String = text[start..*at].iter().collect();
    match written.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(Token::Number(value)),
        _ => Err(EquationError {
            message: format!("`{written}` is not a number"),
            offset: start,
            length: *at - start,
            suggestion: None,
            passed: None,
        }),
    }
}
