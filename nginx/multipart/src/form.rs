//! The body that is handed on in place of the one that came in: a small form that names the files.
//!
//! Its format is that of the classic upload module, byte for byte: the client's boundary, one Content-Disposition a
//! field and no other header.

use memchr::memmem;

use crate::Error;

/// The name of the one field of a form that would else be empty, which some backends do not understand.
const DUMMY: &str = "<ngx_upload_module_dummy>";

/// A form being written.
#[derive(Debug)]
pub(crate) struct Form {
    boundary: Vec<u8>,
    body: Vec<u8>,
    /// In bytes; 0 for none.
    limit: usize,
}

impl Form {
    /// An empty form; it may grow to `limit` bytes, 0 meaning that it may grow at will.
    pub(crate) fn new(boundary: Vec<u8>, limit: usize) -> Self {
        Form { boundary, body: Vec::new(), limit }
    }

    pub(crate) fn boundary(&self) -> &[u8] {
        &self.boundary
    }

    /// Adds a whole field. A value that holds the boundary would become fields of its own, so it is refused.
    pub(crate) fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), Error> {
        if memmem::find(value, &[b"\r\n--", &*self.boundary].concat()).is_some() {
            return Err(Error::Malformed("a field's value holds the body's boundary"));
        }
        self.begin(name)?;
        self.extend(value)
    }

    /// Begins a field, whose value follows by [`Form::extend`].
    pub(crate) fn begin(&mut self, name: &[u8]) -> Result<(), Error> {
        let line_end: &[u8] = if self.body.is_empty() { b"" } else { b"\r\n" };
        let name = escape(name);
        for piece in [
            line_end,
            b"--",
            &self.boundary.clone(),
            b"\r\nContent-Disposition: form-data; name=\"",
            &name,
            b"\"\r\n\r\n",
        ] {
            self.extend(piece)?;
        }
        Ok(())
    }

    /// Adds bytes to the value of the field that was begun last.
    pub(crate) fn extend(&mut self, value: &[u8]) -> Result<(), Error> {
        if self.limit != 0 && self.body.len() + value.len() > self.limit {
            return Err(Error::TooLarge { what: "bytes of fields", limit: self.limit });
        }
        self.body.extend_from_slice(value);
        Ok(())
    }

    /// Where the form ends now, for [`Form::roll_back`].
    pub(crate) fn checkpoint(&self) -> usize {
        self.body.len()
    }

    /// Takes back everything that was added since `checkpoint`.
    pub(crate) fn roll_back(&mut self, checkpoint: usize) {
        self.body.truncate(checkpoint);
    }

    /// The whole form, ended.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        if self.body.is_empty() {
            self.limit = 0;
            // Without a limit it cannot fail.
            let _ = self.begin(DUMMY.as_bytes());
        }
        let mut body = std::mem::take(&mut self.body);
        body.extend_from_slice(b"\r\n--");
        body.extend_from_slice(&self.boundary);
        body.extend_from_slice(b"--\r\n");
        body
    }
}

/// A name fit for a header: quotes and line ends as browsers write them, so that it cannot add parameters or lines.
fn escape(name: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(name.len());
    for &byte in name {
        match byte {
            b'"' => escaped.extend_from_slice(b"%22"),
            b'\r' => escaped.extend_from_slice(b"%0D"),
            b'\n' => escaped.extend_from_slice(b"%0A"),
            _ => escaped.push(byte),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(form: &mut Form) -> String {
        String::from_utf8(form.finish()).unwrap()
    }

    #[test]
    fn is_written_as_the_classic_module_writes_it() {
        let mut form = Form::new(b"B".to_vec(), 0);
        form.add(b"a", b"1").unwrap();
        form.add(b"b", b"").unwrap();
        assert_eq!(
            text(&mut form),
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\
             \r\n--B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n--B--\r\n"
        );
    }

    #[test]
    fn an_empty_form_holds_the_dummy() {
        let dummy =
            "--B\r\nContent-Disposition: form-data; name=\"<ngx_upload_module_dummy>\"\r\n\r\n\r\n--B--\r\n";
        assert_eq!(text(&mut Form::new(b"B".to_vec(), 1)), dummy);
        let mut form = Form::new(b"B".to_vec(), 0);
        let checkpoint = form.checkpoint();
        form.add(b"a", b"1").unwrap();
        form.roll_back(checkpoint);
        assert_eq!(text(&mut form), dummy);
    }

    #[test]
    fn neither_names_nor_values_can_add_fields() {
        let mut form = Form::new(b"B".to_vec(), 0);
        form.add(b"a\"\r\n\r\n--B", b"v").unwrap();
        assert_eq!(
            text(&mut form),
            "--B\r\nContent-Disposition: form-data; name=\"a%22%0D%0A%0D%0A--B\"\r\n\r\nv\r\n--B--\r\n"
        );
        assert!(matches!(form.add(b"a", b"x\r\n--B--"), Err(Error::Malformed(_))));
    }

    #[test]
    fn has_a_limit() {
        let mut form = Form::new(b"B".to_vec(), 60);
        form.add(b"a", b"0123456789").unwrap();
        assert!(matches!(form.extend(b"0123456789"), Err(Error::TooLarge { limit: 60, .. })));
        assert!(matches!(form.add(b"b", b""), Err(Error::TooLarge { .. })));
    }
}
