// Refusals in words for a person who sees a page and no request.

import { bytes, count } from './figures.js'

const pixels = limit => `${count(limit / 1e6)} megapixels`

// A function gets the refusal. Where nothing stands here the server's own sentence is good enough.
const WORDS = {
  offline: ['No connection', 'The service cannot be reached. What you have set stays here.'],
  key_required: ['A key is needed', 'This service takes pictures from people with a key. Enter yours above, under “Key”.'],
  invalid_key: ['The key is not valid', 'It may have been revoked, or not copied whole. Change it above, under “Key”.'],
  scope_missing: ['The key does not allow this', 'Ask whoever gave it to you for one that does.'],
  channel_not_allowed: ['You cannot be told in this way', 'The key does not allow it.'],
  webhook_not_allowed: ['No webhook allowed', 'The key does not allow it.'],
  forbidden: ['Not allowed', 'This was made with another key.'],
  not_found: ['Not found', 'The service knows nothing of this. It may have been too long ago.'],
  gone: ['It is gone', 'It was erased, or its time has come.'],
  request_timeout: ['The line is too slow', 'The picture did not arrive in time. Try again.'],
  body_too_large: ['The file is too large', r => `At most ${bytes(r.limit ?? 104857600)} can be sent.`],
  missing_image: ['The file is empty', 'There is nothing in it to be filtered.'],
  not_an_image: ['This is not a picture', 'JPEG, PNG, GIF, WebP, TIFF and BMP can be read.'],
  unsupported_format: ['This kind of picture cannot be read', 'JPEG, PNG, GIF, WebP, TIFF and BMP can. Save it as one of these.'],
  broken_image: ['The picture is broken', 'The file is cut short or damaged. Try another copy of it.'],
  too_many_pixels: ['The picture has too many pixels', r => `At most ${pixels(r.limit)} in one picture.`],
  too_many_total_pixels: ['The animation is too large', r => `At most ${pixels(r.limit)} in all frames together.`],
  dimension_too_large: ['The picture is too wide or too high', r => `At most ${count(r.limit)} pixels on a side.`],
  too_many_frames: ['The animation is too long', r => `At most ${count(r.limit)} frames.`],
  animation_not_supported: ['Not for animations', 'A filter, or the format, wants a picture that stands still.'],
  output_too_large: ['The result would be too large', 'Make it smaller: a filter of yours makes more pixels than are allowed.'],
  output_dimension_too_large: ['The result would be too wide or too high', r => `At most ${count(r.limit)} pixels on a side.`],
  impossible_chain: ['The filters do not fit this picture', r => r.detail],
  too_many_requests: ['A little slower', 'Too many requests at once from here. Wait some seconds.'],
  requests_quota_exceeded: ['That is all for today', r => `${count(r.limit)} pictures a day, previews included. It goes on after midnight (UTC).`],
  bytes_quota_exceeded: ['That is all for today', r => `${bytes(r.limit)} a day may be sent. A smaller picture may still fit.`],
  megapixels_quota_exceeded: ['That is all for today', r => `${count(r.limit)} megapixels a day. A smaller picture may still fit.`],
  open_tasks_exceeded: ['Too much at once', r => `${count(r.limit)} pictures may be under way. Wait for one of them.`],
  too_many_codes: ['Too many codes were sent', 'Try again tomorrow.'],
  overloaded: ['The service is busy', 'Try again in a moment.'],
  database_unavailable: ['The service is not well', 'It cannot reach its database. Nothing is lost; try again soon.'],
  storage_unavailable: ['The service is not well', 'It cannot reach its storage. Nothing is lost; try again soon.'],
  spool_unavailable: ['The service cannot take files now', 'Try again soon.'],
  spool_full: ['The service has no room now', 'Try again in a while.'],
  queue_full: ['Too much is waiting', 'The service takes nothing more for the moment. Try again in half a minute.'],
  too_many_uploads: ['Too many unfinished uploads', 'Cancel some, or try again later.'],
  upload_locked: ['The upload goes on elsewhere', 'Another tab may be sending it.'],
  offset_mismatch: ['The pieces do not fit', 'The upload will ask how far it has come.'],
  internal_error: ['Something broke at the service', 'It is not your fault. Try again.'],
  interrupted: ['Interrupted', 'The picture is not here any more. Choose it again.'],
  file_changed: ['The file cannot be read', 'It was changed or moved since it was chosen. Choose it again.'],
  deadline_exceeded: ['It took too long', 'The filters had more to do than is allowed. Take fewer, or a smaller picture.'],
  worker_lost: ['It was given up', 'Whoever worked on it was lost, again and again.'],
  engine_crashed: ['The picture cannot be worked on', 'The filters fell over it, again and again.'],
  presets_only: ['Only presets here', 'This service takes none but its own filters: choose one of them.'],
  invalid_filters: ['The filters are not understood', r => r.detail],
  parameter_out_of_range: ['A value is out of its range', r => r.detail],
  too_many_filters: ['Too many chains', r => `At most ${count(r.limit)} at once.`],
  chain_too_long: ['Too many words', r => `The text of the filters may have ${count(r.limit)} characters.`],
  too_many_chain_filters: ['Too many filters', r => `At most ${count(r.limit)} one after the other.`],
  equation_too_long: ['The equation is too long', r => `At most ${count(r.limit)} characters.`],
  equation_too_deep: ['The equation is nested too deep', r => `At most ${count(r.limit)} levels of parentheses.`],
  equation_too_complex: ['The equation has too much to do', r => `At most ${count(r.limit)} operations.`],
  invalid_expires_in: ['The link cannot live that long', 'Choose a shorter time.'],
  channel_off: ['You cannot be told in this way', 'This service has not set it up.'],
  unverified_target: ['The address is not confirmed', 'Only an address that has been confirmed can be told.'],
  invalid_push: ['The browser cannot be told', 'Its push service is not one that this service knows.'],
  invalid_code: ['The code is wrong', 'Look at the letter again. A code is good for five tries.'],
  code_expired: ['The code is too old', 'Have another one sent.'],
  unknown: ['That did not work', r => r.status ? `The service answered ${r.status}.` : ''],
}

/** What went wrong, and what to do: `{ title, help }`. */
export function words(refusal) {
  const [title, help] = WORDS[refusal.code] ?? [refusal.title ?? 'That did not work', refusal.detail ?? '']
  const text = typeof help === 'function' ? help(refusal) : help
  return { title, help: text ? sentence(text) : '' }
}

/** Both in one line. */
export function inOneLine(refusal) {
  const { title, help } = words(refusal)
  return help ? `${title}. ${help}` : `${title}.`
}

/** The server's words begin small, end without a stop, and quote as Markdown does. */
export function sentence(text) {
  const quoted = text.replace(/`([^`]*)`/g, '“$1”')
  const first = quoted.charAt(0).toUpperCase() + quoted.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
