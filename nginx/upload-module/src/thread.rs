//! Work on a thread of nginx's pools, where the location has `aio threads`.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{NonNull, fn_addr_eq};

use ngx::ffi::{
    NGX_HTTP_AIO_THREADS, NGX_LOG_ERR, NGX_LOG_WARN, NGX_OK, ngx_add_timer, ngx_cycle, ngx_del_timer,
    ngx_event_t, ngx_flag_t, ngx_http_complex_value, ngx_http_run_posted_requests, ngx_int_t, ngx_log_t,
    ngx_msec_t, ngx_str_t, ngx_thread_pool_get, ngx_thread_pool_t, ngx_thread_task_post, ngx_thread_task_t,
};
use ngx::http::{HttpModuleLocationConf, NgxHttpCoreModule};

use crate::body;
use crate::handler::{INTERNAL, Refusal};
use crate::request::{Request, bytes};
use crate::work::{Order, Outcome, Work};

/// How long a thread may take before the log is told, in milliseconds. nginx that is to end waits for whoever has a timer:
/// without one it would not wait for the thread.
const LONG: ngx_msec_t = 60_000;

/// Threads that work for a location. They live as long as the worker process.
pub(crate) type Pool = NonNull<ngx_thread_pool_t>;

/// The threads this request's location works on; None if it works in the event loop.
pub(crate) fn pool(request: Request) -> Result<Option<Pool>, Refusal> {
    // SAFETY: the request is alive.
    let core = NgxHttpCoreModule::location_conf(unsafe { &*request.as_ptr() }).ok_or(INTERNAL)?;
    if core.aio != NGX_HTTP_AIO_THREADS as ngx_flag_t {
        return Ok(None);
    }
    if let Some(pool) = NonNull::new(core.thread_pool) {
        return Ok(Some(pool));
    }
    let mut name = ngx_str_t::default();
    // SAFETY: the request is alive, a location without a pool has the name of one, and nginx only reads both.
    let pool = unsafe {
        if ngx_http_complex_value(request.as_ptr(), core.thread_pool_value, &raw mut name)
            != NGX_OK as ngx_int_t
        {
            return Err(INTERNAL);
        }
        ngx_thread_pool_get(ngx_cycle, &raw mut name)
    };
    NonNull::new(pool).map(Some).ok_or_else(|| {
        // SAFETY: the name lives in the request's pool or the configuration.
        let name = unsafe { bytes(&name) }.escape_ascii();
        request.log(NGX_LOG_ERR, format_args!("there is no thread pool \"{name}\""));
        INTERNAL
    })
}

/// A request's work, and who does it.
///
/// It is boxed, and lent to the thread as a whole while the work is under way: until it has landed the event loop looks
/// at `under_way` only. nginx does not free a request that is blocked, which this one is for as long.
struct Lent {
    task: ngx_thread_task_t,
    request: Request,
    pool: Option<Pool>,
    under_way: bool,
    work: Work,
    order: Order,
    outcome: Option<Outcome>,
}

/// A handle of a request's work.
pub(crate) struct Errand(NonNull<Lent>);

impl Errand {
    pub(crate) fn new(request: Request, pool: Option<Pool>, work: Work) -> Self {
        // SAFETY: a task is plain data, and zero bits are how nginx's own begin.
        let mut task: ngx_thread_task_t = unsafe { MaybeUninit::zeroed().assume_init() };
        task.handler = Some(run);
        task.event.handler = Some(land);
        task.event.log = request.log_target();
        let lent = Lent { task, request, pool, under_way: false, work, order: Order::TakeIn, outcome: None };
        let lent = NonNull::from(Box::leak(Box::new(lent)));
        // SAFETY: it has just been made, and nobody else has it.
        unsafe {
            (*lent.as_ptr()).task.ctx = lent.as_ptr().cast();
            (*lent.as_ptr()).task.event.data = lent.as_ptr().cast();
        }
        Errand(lent)
    }

    pub(crate) fn is_under_way(&self) -> bool {
        // SAFETY: it lives as long as the handle, and no thread touches this member.
        unsafe { (*self.0.as_ptr()).under_way }
    }

    /// Looks at the work; None while it is under way. `look` must not call nginx, which could call us about the same
    /// request.
    pub(crate) fn with_work<T>(&self, look: impl FnOnce(&mut Work) -> T) -> Option<T> {
        // SAFETY: it lives as long as the handle, and no thread has it. The reference ends with `look`, which calls
        // nobody who could make another.
        (!self.is_under_way()).then(|| look(unsafe { &mut (*self.0.as_ptr()).work }))
    }

    /// What came of work that was under way. It can be taken once.
    pub(crate) fn take_outcome(&self) -> Option<Outcome> {
        if self.is_under_way() {
            return None;
        }
        // SAFETY: it lives as long as the handle, and no thread has it.
        unsafe { (*self.0.as_ptr()).outcome.take() }
    }

    /// Does some work, or sends a thread to do it: then there is no outcome yet, and nginx calls the request's write
    /// event handler when there is. It must not be under way.
    pub(crate) fn perform(&self, order: Order) -> Option<Outcome> {
        // SAFETY: it lives as long as the handle, and no thread has it.
        let pool = unsafe { (*self.0.as_ptr()).pool };
        if let Some(pool) = pool
            && self.send(pool, order)
        {
            return None;
        }
        self.with_work(|work| work.run(order))
    }

    /// Sends a thread; false if too many errands wait for one, of which nginx has told the log.
    fn send(&self, pool: Pool, order: Order) -> bool {
        let lent = self.0.as_ptr();
        // SAFETY: it lives as long as the handle, no thread has it, and the pool lives as long as the process. Once it is
        // posted only the member that no thread touches is written.
        unsafe {
            (*lent).order = order;
            let request = (*lent).request;
            if ngx_thread_task_post(pool.as_ptr(), &raw mut (*lent).task) != NGX_OK as ngx_int_t {
                return false;
            }
            (*lent).under_way = true;
            let main = request.main().as_ptr();
            (*main).set_blocked((*main).blocked() + 1);
            (*request.as_ptr()).set_aio(1);
            request.spare_client();
            ngx_add_timer(&raw mut (*lent).task.event, LONG);
        }
        true
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        // SAFETY: new() has boxed it. It goes with its request, which nginx keeps while work is under way.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// Runs on the thread.
unsafe extern "C" fn run(lent: *mut c_void, _: *mut ngx_log_t) {
    let lent = lent.cast::<Lent>();
    // SAFETY: it is lent to this thread until it lands; the event loop looks at another member only.
    unsafe {
        let work = &mut (*lent).work;
        let outcome = work.run((*lent).order);
        (*lent).outcome = Some(outcome);
    }
}

/// Runs in the event loop when the thread is done, or takes long.
unsafe extern "C" fn land(event: *mut ngx_event_t) {
    // SAFETY: new() has put it there, the thread has given it back, and the request is alive as it was blocked. Its
    // write event handler may end it, but nginx keeps connections for others.
    unsafe {
        let lent = (*event).data.cast::<Lent>();
        let request = (*lent).request;
        if (*event).timedout() != 0 {
            (*event).set_timedout(0);
            request.log(NGX_LOG_WARN, format_args!("the disk, or a thread to write to it, is slow"));
            ngx_add_timer(event, LONG);
            return;
        }
        if (*event).timer_set() != 0 {
            ngx_del_timer(event);
        }
        (*lent).under_way = false;
        let (r, main, connection) = (request.as_ptr(), request.main().as_ptr(), request.connection());
        (*main).set_blocked((*main).blocked() - 1);
        (*r).set_aio(0);
        if let Some(handler) = (*r).write_event_handler {
            // A request that was terminated meanwhile has nginx's own handler there, which ends it.
            if !fn_addr_eq(handler, body::landed as unsafe extern "C" fn(_)) {
                (*connection).set_error(1);
            }
            handler(r);
        }
        ngx_http_run_posted_requests(connection);
    }
}
