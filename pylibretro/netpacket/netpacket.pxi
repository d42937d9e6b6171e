# libretro's netpacket interface: a Core's end of it, for a transport that carries what the core sends.

_NETPACKET_KINDS = {NETPACKET_PACKET: "packet", NETPACKET_ACCEPTED: "accepted", NETPACKET_REFUSED: "refused"}


cdef bint set_netpacket_interface(frontend *f, const retro_netpacket_callback *callback) noexcept nogil:
    if f.netpacket is NULL or f.slot is NULL:
        return False
    return netpacket_register(f.netpacket, callback, f.callbacks.netpacket_send, f.callbacks.netpacket_poll_receive)


cdef bint answer_netplay_client_index(frontend *f, unsigned *index) noexcept nogil:
    cdef int client = netpacket_client(f.netpacket) if f.netpacket is not NULL else -1
    if index is NULL or client < 0:
        return False
    index[0] = client
    return True


@cython.final
cdef class NetpacketPort:
    """What a transport holds of a Core: puts in what comes, takes out what the core sends.

    Any thread may use it, also while the core runs and after it has been closed; what is put in reaches the core before
    its next frame.
    """
    cdef netpacket *netpacket
    cdef readonly str core
    """Name of the core, as it says itself."""
    cdef readonly str version
    """Version of the core, as it says itself."""

    def __dealloc__(self):
        netpacket_release(self.netpacket)

    @property
    def registered(self):
        """Whether the core uses the netpacket interface and has not been closed."""
        return bool(netpacket_registered(self.netpacket))

    @property
    def protocol(self):
        """The version of the core's protocol; both ends of a session must have the same."""
        cdef char protocol[NETPACKET_PROTOCOL_SIZE]
        if netpacket_protocol(self.netpacket, protocol):
            return (<char *> protocol).decode("utf-8", "replace")
        return f"{self.core} {self.version}"

    @property
    def client_id(self):
        """The core's number in the session, 0 for the host; None while there is no session."""
        cdef int client = netpacket_client(self.netpacket)
        return None if client < 0 else client

    cdef int put(self, int kind, client_id, data) except -1:
        cdef Py_buffer view
        cdef bint done
        cdef int client = checked_client(client_id)
        if data is None:
            done = netpacket_put(self.netpacket, kind, client, NULL, 0)
        else:
            PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
            done = netpacket_put(self.netpacket, kind, client, view.buf, view.len)
            PyBuffer_Release(&view)
        if not done:
            raise LibretroError(f"{self.core} has {NETPACKET_BYTES_LIMIT >> 20} MiB of packets waiting, which is the "
                                f"limit; run it, so that it takes them")
        return 0

    def start(self, client_id):
        """Begin a session in which the core has this number, 0 for the host (`start`)."""
        self.put(NETPACKET_START, client_id, None)

    def stop(self):
        """End the session (`stop`)."""
        self.put(NETPACKET_STOP, 0, None)

    def connect(self, client_id):
        """Ask the host's core for a new client (`connected`); `take` has its answer after the next frame."""
        self.put(NETPACKET_CONNECTED, client_id, None)

    def disconnect(self, client_id):
        """Tell the host's core that a client has left (`disconnected`)."""
        self.put(NETPACKET_DISCONNECTED, client_id, None)

    def deliver(self, data, client_id):
        """Give the core a packet, a bytes-like object, from a client (`receive`)."""
        self.put(NETPACKET_PACKET, client_id, data)

    def take(self):
        """Take all that the core has sent since the last call: a list of `Netpacket`, oldest first."""
        cdef uint64_t dropped = 0
        cdef netpacket_item *item = netpacket_take(self.netpacket, &dropped)
        cdef netpacket_item *following
        taken = []
        while item is not NULL:
            following = item.next
            taken.append(Netpacket(_NETPACKET_KINDS[item.kind], item.client, NetpacketFlag(item.flags),
                                   (<char *> item.data)[:item.size]))
            free(item)
            item = following
        if dropped:
            taken.append(Netpacket("dropped", 0, NetpacketFlag(0), b"%d" % dropped))
        return taken


cdef int checked_client(client_id) except -1:
    number = operator.index(client_id)
    if not 0 <= number < RETRO_NETPACKET_BROADCAST:
        raise ValueError(f"client_id is {number}; clients have the numbers 0 to {RETRO_NETPACKET_BROADCAST - 1}")
    return number


cdef int offer_netpacket(frontend *f, transport) except -1:
    if transport is None or transport is False:
        return 0
    for method in ("attach", "exchange", "detach"):
        if not callable(getattr(transport, method, None)):
            raise TypeError(f"netpacket is {transport!r}; a transport is needed, with attach, exchange and detach")
    f.netpacket = netpacket_new()
    if f.netpacket is NULL:
        raise MemoryError("no memory for a core's packets")
    return 0


cdef object attached_port(frontend *f, transport, core, version):
    cdef NetpacketPort port
    if f.netpacket is NULL:
        return None
    if not netpacket_registered(f.netpacket):
        raise LibretroError(f"{core} does not use libretro's netpacket interface; open it with netpacket=None")
    port = NetpacketPort.__new__(NetpacketPort)
    port.netpacket = netpacket_hold(f.netpacket)
    port.core = core
    port.version = version
    transport.attach(port)
    return port
