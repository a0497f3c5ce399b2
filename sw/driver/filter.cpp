// The filter and its one pin, as AVStream reads them.
#include "vcap.h"

// {2F1C0A6E-6D43-4B8B-9C0B-5C0E7D3A9B11}: names the filter's factory in its symbolic link.
static const GUID VcapFilterReference = {0x2f1c0a6e, 0x6d43, 0x4b8b, {0x9c, 0x0b, 0x5c, 0x0e, 0x7d, 0x3a, 0x9b, 0x11}};

static const GUID VcapFilterCategories[] = {
    {STATICGUIDOF(KSCATEGORY_VIDEO)},
    {STATICGUIDOF(KSCATEGORY_CAPTURE)},
};

// Placeholder sizes: a pin edits its copy once its format is known.
static DECLARE_SIMPLE_FRAMING_EX(VcapFraming, STATICGUIDOF(KSMEMORY_TYPE_KERNEL_NONPAGED),
                                 KSALLOCATOR_REQUIREMENTF_SYSTEM_MEMORY | KSALLOCATOR_REQUIREMENTF_PREFERENCES_ONLY, 8,
                                 0, 2 * VCAP_BYTES_PER_PIXEL, VCAP_MAX_FRAME_BYTES);

static const KSPIN_DESCRIPTOR_EX VcapPins[] = {
    {
        &VcapPinDispatch,
        &VcapPinAutomation,
        {
            DEFINE_KSPIN_DEFAULT_INTERFACES,
            DEFINE_KSPIN_DEFAULT_MEDIUMS,
            SIZEOF_ARRAY(VcapPinDataRanges),
            VcapPinDataRanges,
            KSPIN_DATAFLOW_OUT,
            KSPIN_COMMUNICATION_BOTH,
            &PINNAME_VIDEO_CAPTURE,
            &PINNAME_VIDEO_CAPTURE,
            {0},
        },
        // Processing starts in PAUSE: buffers are with the chip before the first frame.
        KSPIN_FLAG_GENERATE_MAPPINGS | KSPIN_FLAG_ENFORCE_FIFO,
        1,  // InstancesPossible
        0,  // InstancesNecessary
        &VcapFraming,
        VcapPinIntersect,
    },
};

static const KSFILTER_DISPATCH VcapFilterDispatch = {
    NULL,  // Create
    NULL,  // Close
    NULL,  // Process: the filter is pin-centric
    NULL,  // Reset
};

const KSFILTER_DESCRIPTOR VcapFilterDescriptor = {
    &VcapFilterDispatch,
    NULL,
    KSFILTER_DESCRIPTOR_VERSION,
    0,
    &VcapFilterReference,
    SIZEOF_ARRAY(VcapPins),
    sizeof(KSPIN_DESCRIPTOR_EX),
    VcapPins,
    SIZEOF_ARRAY(VcapFilterCategories),
    VcapFilterCategories,
    0,
    0,
    NULL,
    0,
    NULL,
    NULL,
};
